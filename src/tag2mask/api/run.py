"""Access to a run: its settings, stages, figures, masks, maps and trained networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from tag2mask.api.metrics import Metrics
from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.masks import load_mask
from tag2mask.pipeline.config import Config, load_run_config
from tag2mask.run_folder.context import read_record
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.stages import STAGES

if TYPE_CHECKING:
    from tag2mask.core.progress import Progress
    from tag2mask.data.given import Photo as Given
    from tag2mask.prediction.left_out import PredictSummary
    from tag2mask.prediction.segmentation import Segmentation


@dataclass(frozen=True, kw_only=True)
class StageState:
    """The state of one stage of a run."""

    name: str
    state: str
    """"done", "unfinished" or "not started"."""
    seconds: float
    """Time the stage has taken so far, in seconds."""
    warnings: tuple[str, ...]
    """Warnings issued by the stage."""


class Run:
    """An opened run folder of `tag2mask.run`.

    Paths in the folder are provided by `files`; they are also available from the run itself, as in
    `run.mask_file("cat/001")`.
    """

    def __init__(self, folder: str | Path | Run) -> None:
        """Open a run.

        Args:
            folder: the run folder.

        Raises:
            InputError: the folder is not a run folder.
        """
        self.files = RunFolder(folder.root if isinstance(folder, Run) else Path(folder))
        """Paths, readers and writers of all files of the run."""
        _ = self.dataset  # refuses a folder that is no run folder

    @classmethod
    def of_finished(cls, files: RunFolder) -> Run:
        """Open a run that was just finished, whose data set is only read if it is used."""
        made = cls.__new__(cls)
        made.files = files
        return made

    @cached_property
    def dataset(self) -> Dataset:
        """The data set as it was read and checked by the run."""
        return read_run_dataset(self.files)

    @property
    def folder(self) -> Path:
        """Return the run folder."""
        return self.files.root

    root = folder

    @property
    def report(self) -> Path:
        """Return the path of the HTML report."""
        return self.files.report

    @property
    def config(self) -> Config:
        """Return the settings of the run."""
        return load_run_config(self.files.config)

    @property
    def metrics(self) -> Metrics:
        """Return the current figures of the run."""
        return Metrics(self.files)

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the K class names; label i + 1 of a mask is `classes[i]`."""
        return self.dataset.classes

    @property
    def photos(self) -> tuple[Photo, ...]:
        """Return the photos, sorted by name."""
        return self.dataset.photos

    @property
    def stages(self) -> tuple[StageState, ...]:
        """Return the state of each stage, in order of execution."""
        return tuple(_state(self.files, stage.name) for stage in STAGES)

    def photo(self, name: str) -> Photo:
        """Return a photo by its name.

        Raises:
            InputError: the run has no photo of that name; the nearest one is suggested.
        """
        if name not in self._by_name:
            near = get_close_matches(name, list(self._by_name)[:10_000], 1)
            advice = f"did you mean {near[0]!r}?" if near else "their names are in .photos."
            raise InputError(f"{self.folder} has no photo {name!r}; {advice}")
        return self._by_name[name]

    def mask(self, name: str) -> np.ndarray:
        """Return the pseudo mask of a photo: (H, W) uint8, 0 background, 1..K, 255 undecided.

        Raises:
            InputError: there is no such photo, or no mask of it yet.
        """
        return self._mask(self.files.mask_file(self.photo(name).name), "label")

    def final(self, name: str) -> np.ndarray:
        """Return the network's mask among a photo's tags, with annotations: (H, W) uint8.

        Raises:
            InputError: there is no such photo, or no final mask of it.
        """
        return self._mask(self.files.final_file(self.photo(name).name), "evaluate")

    def prediction(self, name: str) -> np.ndarray:
        """Return the network's own mask of a photo of the run, without its tags: (H, W) uint8.

        Raises:
            InputError: there is no such photo, or no prediction of it.
        """
        return self._mask(self.files.prediction_file(self.photo(name).name), "evaluate")

    def maps(self, name: str) -> dict[str, np.ndarray]:
        """Return the activation maps of a photo by class: (h, w) float32 in [0, 1] each.

        Raises:
            InputError: there is no such photo, or no maps of it yet.
        """
        if not self.photo(name).tags:
            return {}
        path = self.files.map_file(name)
        if not path.exists():
            raise InputError(f"{path} does not exist; run `tag2mask activate {self.folder}`.")
        planes, classes = read_planes(path)
        return {self.classes[tag]: plane for tag, plane in zip(classes, planes, strict=True)}

    def predict(
        self, photos: Given | Sequence[Given], *, out: str | Path | None = None,
        device: str = "auto", runtime: str = "auto", long_side: int | None = None,
        scales: Sequence[float] = (1.0,), flip: bool = False, workers: int = 1,
        progress: Progress | None = None,
    ) -> Segmentation | list[Segmentation] | PredictSummary:
        """Segment new photos with the network of the run; see `tag2mask.predict`."""
        from tag2mask.api.predicting import predict

        return predict(photos, run=self, out=out, device=device, runtime=runtime,
                       long_side=long_side, scales=scales, flip=flip, workers=workers,
                       progress=progress)

    def explain(
        self, photo: Given, *, classes: Sequence[str] = (), method: str = "",
        layers: Sequence[str] = (), picture: str = "heat", scales: Sequence[float] = (1.0,),
        flip: bool = False, device: str = "auto",
    ) -> Image.Image:
        """Draw the activation maps of the run's classifier; see `tag2mask.explain`."""
        from tag2mask.api.predicting import explain

        return explain(photo, run=self, classes=classes, method=method, layers=layers,
                       picture=picture, scales=scales, flip=flip, device=device)

    def run_stage(
        self, name: str, *, config: Config | Mapping[str, object] | str | Path | None = None,
        overrides: Sequence[str] = (), device: str = "auto", workers: int = 1,
        seed: int | None = None, progress: Progress | None = None,
    ) -> Run:
        """Run one stage again; see `tag2mask.run_stage`."""
        from tag2mask.api.running import run_stage

        return run_stage(name, self, config=config, overrides=overrides, device=device,
                         workers=workers, seed=seed, progress=progress)

    def __fspath__(self) -> str:
        """Return the path of the run folder, so that a run can be used as a path."""
        return str(self.folder)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever `RunFolder` has
        """Return an attribute of the run folder."""
        if name.startswith("_") or name == "files":
            raise AttributeError(name)
        try:
            return getattr(self.files, name)
        except AttributeError:
            raise AttributeError(f"a run has no attribute {name!r}") from None

    def __repr__(self) -> str:
        """Return a summary of the data set, the state of the stages and the results."""
        from tag2mask.api.showing import run_lines

        return "\n".join(run_lines(self))

    def _repr_html_(self) -> str:
        """Return the headline figure and a picture as HTML for a notebook."""
        from tag2mask.api.showing import run_html

        return run_html(self)

    @cached_property
    def _by_name(self) -> dict[str, Photo]:
        return {photo.name: photo for photo in self.photos}

    def _mask(self, path: Path, stage: str) -> np.ndarray:
        if not path.exists():
            raise InputError(f"{path} does not exist; run `tag2mask {stage} {self.folder}`.")
        return load_mask(path, size=None, num_labels=len(self.classes) + 1)


def open_run(folder: str | Path | Run) -> Run:
    """Open an existing run folder.

    Raises:
        InputError: the folder is not a run folder.
    """
    return Run(folder)


def _state(files: RunFolder, stage: str) -> StageState:
    record = read_record(files, stage)
    if record is None:
        return StageState(name=stage, state="not started", seconds=0.0, warnings=())
    return StageState(name=stage, state="done" if record.done else "unfinished",
                      seconds=float(record.seconds), warnings=record.warnings)
