"""New photos in, masks, pictures and a table out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.device import find_device
from tag2mask.core.files import atomic_path, remove_leftovers
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Problem
from tag2mask.data.finding import find_photos
from tag2mask.data.given import Photo, as_photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import save_mask
from tag2mask.data.transforms import fit_within, resize
from tag2mask.pictures.overlays import overlay
from tag2mask.prediction.predictor import Predictor, View, load_predictor
from tag2mask.run_folder.artifacts import write_table
from tag2mask.run_folder.lock import locked

_OVERLAY_SIDE = 1600
"""Long side of an overlay, in pixels: for looking at, not for measuring."""

_Rows = list[list[object]]
"""Of the table: a photo's name, a class, the share of the photo that it covers, and its file."""


@dataclass(frozen=True)
class Segmentation:
    """What is where on one photo.

    Attributes:
        photo: (H, W, 3) uint8.
        mask: (H, W) uint8, 0 background, class + 1.
        classes: names of labels 1, 2, ...
    """

    photo: np.ndarray
    mask: np.ndarray
    classes: tuple[str, ...]

    @property
    def shares(self) -> dict[str, float]:
        """The share of the photo that each class covers, largest first; absent ones left out."""
        counts = np.bincount(self.mask.ravel(), minlength=256)[1 : len(self.classes) + 1]
        shares = zip(self.classes, (counts / self.mask.size).tolist(), strict=True)
        return dict(sorted(((n, s) for n, s in shares if s), key=lambda pair: -pair[1]))

    def plot(self) -> Image.Image:
        """Return the photo with the mask and the class names over it."""
        size = fit_within((self.photo.shape[0], self.photo.shape[1]), _OVERLAY_SIDE)
        small = resize(self.photo, size)
        mask = resize(self.mask, size, nearest=True)
        return Image.fromarray(overlay(small, mask, classes=self.classes))

    def save(self, path: str | Path) -> Path:
        """Write the mask as a palette PNG, at the photo's own size.

        Raises:
            InputError: the name's suffix is another format's, which would change the labels.
        """
        if Path(path).suffix.lower() not in ("", ".png"):
            raise InputError(f"A mask is saved as PNG, which keeps its labels; name it "
                             f"{Path(path).with_suffix('.png')}.")
        save_mask(Path(path), self.mask, num_labels=len(self.classes) + 1)
        return Path(path)


@dataclass(frozen=True)
class LoadedSegmenter:
    """A run's network; call it with a photo."""

    predictor: Predictor

    def __call__(self, photo: Photo) -> Segmentation:
        """Segment one photo.

        Args:
            photo: a file, a PIL image, or an array or tensor in RGB (not OpenCV's BGR): (H, W),
                (H, W, 3) or (H, W, 4), or with the channels first; uint8, uint16, or floats of
                0 to 1 or 0 to 255. Where the training photos were deeper than 8 bits, numbers
                other than uint8 are read by their rule.

        Raises:
            InputError: it is none of these, or several photos at once.
        """
        pixels = as_photo(photo, depth=self.predictor.spec.depth)
        return Segmentation(pixels, self.predictor.predict(pixels), self.predictor.spec.classes)


@dataclass(frozen=True)
class PredictSummary:
    """How many masks were written, and which photos could not be read."""

    written: int
    left_out: list[Problem]


def load_segmenter(
    run: str | Path, *, runtime: str = "auto", device: str = "cpu", long_side: int | None = None,
    scales: Sequence[float] = (1.0,), flip: bool = False, together: int = 1,
) -> LoadedSegmenter:
    """Load the segmentation network of a run, for new photos.

    Args:
        run: the run folder.
        runtime: "onnx", "torch", "compiled" (torch, for many photos), "openvino",
            "torch_bfloat16" or "openvino_bfloat16"; "auto" is torch on a GPU, and on a CPU the
            fastest whose masks are known to be those of float32.
        device: "cpu" or "cuda"; for the torch runtimes.
        long_side: of a photo when the network reads it, in pixels; None as in training. What is
            larger than a megapixel then is read in overlapping tiles.
        scales: multiples of that size, whose logits are averaged.
        flip: average with the mirrored photo too.
        together: threads that will call it at once, each with its share of the cores.

    Raises:
        InputError: the run has no network yet, the runtime is not there, or nothing can be read at
            these sizes.
    """
    view = View(long_side=long_side, scales=tuple(scales), flip=flip)
    return LoadedSegmenter(
        load_predictor(run, runtime=runtime, device=device, view=view, together=together)
    )


def predict_photos(
    inputs: Sequence[Path], segmenter: LoadedSegmenter, *, out: Path, workers: int,
    progress: Progress,
) -> PredictSummary:
    """Write `masks/`, `overlays/` and `predictions.csv` for photos and folders of photos.

    One thread more than `workers` reads, segments and writes a photo each, or with no workers the
    caller's alone.

    Raises:
        InputError: nothing to read, or more than a tenth of the photos is unreadable; the others
            are segmented all the same.
    """
    _claim(out)
    photos = find_photos(inputs, out)
    rows: _Rows = []
    left_out: list[Problem] = []

    def segment(item: tuple[str, Path]) -> _Rows | Problem:
        name, path = item
        try:
            found = segmenter(path)
        except InputError as error:
            return Problem(photo=str(path), why=str(error), left_out=True)
        _save_picture(found, out / "overlays" / f"{name}.jpg")
        found.save(out / "masks" / f"{name}.png")
        shares = found.shares.items() or {"": 0}.items()
        return [[name, label, f"{share:.6f}" if label else "0", str(path)]
                for label, share in shares]

    threads = workers + 1 if workers else 0
    with progress.stage("predict", total=len(photos)) as bar:
        for found in read_ahead(segment, photos, workers=threads, ahead=2 * threads):
            bar.advance(1)
            if isinstance(found, Problem):
                left_out.append(found)
            else:
                rows += found
    if rows:
        write_table(out / "predictions.csv", ["image", "class", "area_share", "source"], rows)
    _refuse_many_losses(left_out, len(photos))
    return PredictSummary(len(photos) - len(left_out), left_out)


def _claim(out: Path) -> None:
    """Stop where `out` holds masks of something else: true ones, or a run's own.

    Overlays are the sign that they are ours; each is written before its mask, and the table only
    at the end, so that a prediction that was killed is known and can be repeated.
    """
    if (out / "masks").exists() and not (out / "overlays").exists():
        raise InputError(f"{out / 'masks'} holds masks of something else; choose another --out.")
    for folder in ("masks", "overlays"):
        remove_leftovers(out / folder)


def _refuse_many_losses(left_out: list[Problem], total: int) -> None:
    if len(left_out) * 10 <= total:
        return
    if total == 1:
        raise InputError(left_out[0].why)
    first = "; ".join(problem.why.rstrip(".") for problem in left_out[:3])
    raise InputError(f"{len(left_out)} of {total} photos cannot be read, more than a tenth: "
                     f"{first}{' ...' if len(left_out) > 3 else ''}. The others were segmented.")


def _save_picture(found: Segmentation, path: Path) -> None:
    with atomic_path(path) as temporary:
        found.plot().save(temporary, quality=90)


def predict(
    inputs: Sequence[Path], *, run: Path, out: Path, device: str = "auto", runtime: str = "auto",
    long_side: int | None = None, scales: Sequence[float] = (1.0,), flip: bool = False,
    workers: int = 1, progress: Progress | None = None,
) -> PredictSummary:
    """Segment new photos with the network of a run; see `load_segmenter` and `predict_photos`."""
    one = len(inputs) == 1 and inputs[0].is_file()
    segmenter = load_segmenter(
        run, runtime=runtime, device=find_device(device).type, long_side=long_side,
        scales=scales, flip=flip, together=1 if one else workers + 1,
    )
    with locked(out):
        return predict_photos(
            inputs, segmenter, out=out, workers=workers, progress=progress or Progress()
        )
