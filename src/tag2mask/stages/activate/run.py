"""Read one activation map per tag from the classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.core.device import make_accelerator
from tag2mask.core.json_records import read_record
from tag2mask.core.processes import barrier, missing
from tag2mask.core.profiling import MAPS, work
from tag2mask.core.settings import Checked, Range
from tag2mask.data.batches import SizedBatch, sized_batches
from tag2mask.data.dataset import Photo
from tag2mask.maps import find_method
from tag2mask.models.backbones.reading import READERS, name_of
from tag2mask.models.classifiers.classifier import Classifier
from tag2mask.models.classifiers.map_reading import Lender, faster_reader, read_maps
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.records import ActivateAbout, Weighing
from tag2mask.stages.activate.weighing import MapWeighing, forget_read_maps
from tag2mask.strategies import create_strategy
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.erased_photos import ErasedPhotos, photos_of
from tag2mask.training.tag_rounds import read_rounds


@dataclass(frozen=True, kw_only=True)
class ActivateConfig(Checked):
    """Settings of the map reading."""

    method: str = "correlated_cam"
    """Which reading of the classifier: cam, correlated_cam, grad_cam, grad_cam_pp, layer_cam,
    hires_cam, xgrad_cam, eigen_cam, score_cam, ablation_cam, attention, attention_rollout or
    gradient_attention."""
    layers: tuple[str, ...] = ()
    """Names of the layers that are read, as in backbone.blocks.10; of several the mean is taken.
    The last feature where none is given; cam, correlated_cam and the readings of attention
    read no layer by name."""
    scales: Annotated[tuple[float, ...], Range(0.1, 8, items=(1, 16))] = (1.0, 1.5, 2.0)
    """Sizes of the photo whose maps are averaged; 1 is 1.25 times the training crop."""
    flip: bool = True
    """Average with the maps of the mirror image."""
    discriminant: bool = True
    """Weigh the maps by how much each cell is like the sure cells of its class on all photos, and
    unlike the usual context of that class, unless objects are too small for that."""
    output_stride: Literal[0, 4, 8, 16, 32] = 0
    """Pixels per cell of the feature that is read; the weights fit all. 0 is that of training."""
    batch_size: Annotated[int, Range(1, 4096)] = 8
    """Photos of one size per forward pass."""
    runtime: str = "auto"
    """What computes the features: eager (torch), onnxruntime, or auto, which takes the faster one
    where there is enough to read. Methods that need gradients or other layers take eager."""

    def __post_init__(self) -> None:
        """Validate the settings."""
        super().__post_init__()
        try:
            find_method(self.method)
        except InputError as error:
            raise ValueError(f"method: {error}") from error
        try:
            READERS.get(self.runtime)
        except InputError as error:
            raise ValueError(f"runtime: {error}") from error
        if self.runtime == "onnxruntime" and not self.reads_features:
            what = f"layers={','.join(self.layers)}" if self.layers else f"method={self.method}"
            raise ValueError(f"runtime: onnxruntime computes the last features only, and {what} "
                             "reads more; take eager or auto")

    @property
    def reads_features(self) -> bool:
        """Whether the maps can be read from the features alone."""
        return find_method(self.method).features_only and not self.layers


def activate_photos(context: Context, config: ActivateConfig, record: Record) -> None:
    """Write `maps/<photo>.npz` for every photo that has a tag and no maps yet."""
    device = make_accelerator(context.device).device
    classifier = load_classifier(
        context.run.root, device=device, output_stride=config.output_stride
    )
    tagged = [photo for photo in context.dataset.photos if photo.tags]
    reader = _Reader(context, config, classifier, len(tagged))
    if config.discriminant:
        _read_and_weigh(context, config, reader, tagged)
    else:
        _read(context, config, reader, tagged, context.run.map_file)
    made = read_record(context.run.weighing, Weighing)
    record.about = ActivateAbout(
        scales=config.scales, flip=config.flip, method=config.method, layers=config.layers,
        strategy=classifier.spec.strategy, pretraining=classifier.spec.pretraining,
        runtime=reader.runtime, discriminant=made is not None and made.used,
    )


def _read_and_weigh(
    context: Context, config: ActivateConfig, reader: _Reader, tagged: Sequence[Photo]
) -> None:
    """Read the maps of all photos, then weigh them by what the photos have in common.

    Maps that were weighed by a discriminant that is gone do not fit to those of a new one.
    """
    weighing = MapWeighing(context, reader.first)
    todo = missing(tagged, lambda photo: context.run.map_file(photo.name)) \
        if weighing.decided else tagged
    if todo:
        _read(context, config, reader, todo, context.run.read_file)
        barrier()
        weighing.finish(todo)
    forget_read_maps(context)


def _read(
    context: Context, config: ActivateConfig, reader: _Reader, photos: Sequence[Photo],
    file: Callable[[str], Path],
) -> None:
    """Read the maps of photos whose file does not exist yet."""
    todo = missing(photos, lambda photo: file(photo.name))
    with context.progress.stage(
        "activate", total=len(photos), done=len(photos) - len(todo), shared=True
    ) as bar:
        for batch in sized_batches(
            todo, long_side=reader.first.spec.long_side, batch_size=config.batch_size,
            workers=context.workers, shared=True,
        ):
            seen = [todo[index] for index in batch.indices]
            with work(MAPS):
                for photo, planes in zip(seen, reader.read(seen, batch), strict=True):
                    write_planes(file(photo.name), planes, np.array(photo.tags))
            bar.advance(len(seen))


class _Reader:
    """Compute the maps of every training round and merge them."""

    def __init__(
        self, context: Context, config: ActivateConfig, first: Classifier, photos: int
    ) -> None:
        self._accelerator, self._config = make_accelerator(context.device), config
        self._rounds = create_strategy(first.spec.strategy).rounds
        made = read_rounds(context.run, self._rounds, first.spec.classes)
        self._counted = made.counted
        later = range(2, int(made.counted.max()) + 1)
        loaded = [first, *(
            load_classifier(context.run.root, device=self._accelerator.device,
                            output_stride=config.output_stride, number=number)
            for number in later
        )]
        self._classifiers = [self._faster(classifier, photos) for classifier in loaded]
        self.first = self._classifiers[0]
        self.runtime = name_of(self.first.backbone)
        self._seen = [
            photos_of(context, self._rounds, n, made.colour) for n in (1, *later)]

    def _faster(self, classifier: Classifier, photos: int) -> Classifier:
        config = self._config
        if not config.reads_features:
            return classifier
        views = (1 + config.flip) * sum(scale**2 for scale in config.scales)
        return faster_reader(
            classifier, pixels=photos * views * classifier.spec.long_side**2,
            runtime=config.runtime,
        )

    def read(self, photos: list[Photo], batch: SizedBatch) -> Iterator[np.ndarray]:
        """Yield the maps (k, h, w) of each photo's own tags."""
        maps = np.stack([
            self._read(classifier, photos, batch, seen)
            for classifier, seen in zip(self._classifiers, self._seen, strict=True)
        ])
        for index, photo in enumerate(photos):
            yield np.stack([
                self._rounds.merge(maps[: self._counted[tag], index, row])
                for row, tag in enumerate(photo.tags)
            ])

    def _read(
        self, classifier: Classifier, photos: list[Photo], batch: SizedBatch,
        seen: ErasedPhotos | None,
    ) -> np.ndarray:
        config, lender = self._config, None
        if seen and find_method(config.method).compares_places:
            lender = Lender(self._classifiers[0], batch)
        with self._accelerator.autocast():
            return read_maps(
                classifier, photos, seen.paint_all(batch, photos) if seen else batch,
                self._accelerator.device, method=config.method, layers=config.layers,
                scales=config.scales, flip=config.flip, lender=lender,
            )
