"""The run folder: the only place that knows which file a stage leaves where, and in what format."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import csv_line, from_csv_cell
from tag2mask.core.files import atomic_path, refuse_special, write_text
from tag2mask.core.json_fields import to_json
from tag2mask.core.json_records import need_record, read_json, write_record
from tag2mask.core.json_records import write_json as write_json
from tag2mask.data.damage import reading, refuse_infinite, refuse_other_archives, refuse_planes
from tag2mask.data.dataset import Dataset
from tag2mask.data.remembered import DataIdentity, DataRecord

if TYPE_CHECKING:  # torch is only imported by what reads weights: exports do not need it
    from torch import Tensor

_reading = Lock()
"""numpy parses a file's header with `ast`, which in CPython 3.11 fails now and then where several
threads do so at once (SystemError, "recursion depth mismatch")."""


@dataclass(frozen=True)
class RunFolder:
    """Paths, readers and writers of one run; see `docs/architecture.md` for the drawing."""

    root: Path

    @property
    def config(self) -> Path:
        """The resolved settings, enough to repeat the run."""
        return self.root / "config.toml"

    @property
    def data(self) -> Path:
        """The data set as it was read and checked, so that a stage can be started alone."""
        return self.root / "data.json"

    @property
    def contents(self) -> Path:
        """The hash of each photo and mask, and what the disk said of the file when it was read."""
        return self.root / "contents.json"

    @property
    def metrics(self) -> Path:
        """Every figure of the run with its protocol."""
        return self.root / "metrics.json"

    @property
    def photo_scores(self) -> Path:
        """One row per scored photo: image, split, what, score."""
        return self.root / "photos.csv"

    @property
    def trust(self) -> Path:
        """One row per photo and per class on it: how far to trust its mask, lowest first."""
        return self.root / "trust.csv"

    @property
    def report(self) -> Path:
        """The page that a person reads."""
        return self.root / "report.html"

    @property
    def classifier(self) -> Path:
        """Weights, tag probabilities, metrics and training curve of the tag classifier."""
        return self.root / "classifier"

    def round_folder(self, number: int) -> Path:
        """Weights and curve of a round of the classifier's training; the first is the classifier's.

        Checkpoints of a training that goes on lie there too.
        """
        return self.classifier if number == 1 else self.classifier / f"round{number}"

    def erased_file(self, number: int, name: str) -> Path:
        """Where it stands what is erased of the photo called `name` when round `number` sees it."""
        return self.round_folder(number) / "erased" / f"{name}.png"

    @property
    def rounds(self) -> Path:
        """What the rounds came to, of a classifier that has several."""
        return self.classifier / "rounds.json"

    @property
    def segmenter(self) -> Path:
        """Weights, ONNX file, metrics and training curve of the segmentation network."""
        return self.root / "segmenter"

    def map_file(self, name: str) -> Path:
        """Where the activation maps of the photo called `name` are."""
        return self.root / "maps" / f"{name}.npz"

    @property
    def sharpener(self) -> Path:
        """Weights of what is learned to sharpen maps, and what it is learned from."""
        return self.root / "sharpener"

    def refined_file(self, name: str) -> Path:
        """Where the maps of the photo called `name` are after a step that works on maps."""
        return self.root / "refined" / f"{name}.npz"

    def class_agnostic_file(self, name: str) -> Path:
        """Where the class-agnostic masks of the photo called `name` are, if a run made them."""
        return self.root / "class_agnostic" / f"{name}.npz"

    def scored_file(self, name: str) -> Path:
        """Where the maps are that scores are made from: refined ones, where there are any."""
        refined = self.refined_file(name)
        return refined if refined.exists() else self.map_file(name)

    @property
    def background(self) -> Path:
        """How much of the photos is foreground, as chosen for the pseudo masks."""
        return self.root / "sharp" / "background.json"

    def sharp_file(self, name: str) -> Path:
        """Where the sharpened scores of the photo called `name` are."""
        return self.root / "sharp" / f"{name}.npz"

    def mask_file(self, name: str) -> Path:
        """Where the pseudo mask of the photo called `name` is."""
        return self.root / "masks" / f"{name}.png"

    def prediction_file(self, name: str) -> Path:
        """Where the network's own mask of the photo called `name` is."""
        return self.root / "predictions" / f"{name}.png"

    def clear(self, folder: str) -> None:
        """Remove what an earlier run of a stage left in `folder`.

        Of a link only the link goes: what it leads to may be somebody's.
        """
        place = self.root / folder
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)

    @staticmethod
    def read_json(path: Path) -> dict[str, object]:
        """Read a JSON object, or {} where there is none yet."""
        return read_json(path)


def write_table(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    """Write a CSV table, whole or not at all; no cell can become a formula in a spreadsheet."""
    write_text(path, "".join(f"{csv_line(row)}\n" for row in [header, *rows]))


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV table that `write_table` wrote, [] where there is none.

    Raises:
        InputError: the file is damaged.
    """
    if not path.exists():
        return []
    with reading(path), path.open(newline="", encoding="utf-8") as file:
        header, *rows = [[from_csv_cell(cell) for cell in row]
                         for row in csv.reader(file, strict=True) if row]
        if short := [row for row in rows if len(row) != len(header)]:
            raise ValueError(f"{len(short[0])} cells in a row of {len(header)} columns")
        return [dict(zip(header, row, strict=True)) for row in rows]


def write_planes(path: Path, planes: np.ndarray, classes: np.ndarray) -> None:
    """Write maps or scores of one photo as float16, with the class index of each plane.

    Args:
        path: ends in `.npz`.
        planes: (k, h, w) maps, or (1 + k, h, w) scores whose row 0 is the background.
        classes: (k,) 0-based class indices.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, planes=planes.astype(np.float16), classes=classes.astype(np.int64))


def read_planes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read what `write_planes` wrote: (planes as float32, classes).

    Raises:
        InputError: the file is missing or damaged.
    """
    with reading(path, "delete its folder and repeat the stage"):
        refuse_other_archives(path)
        with _reading, np.load(path, allow_pickle=False) as archive:
            planes, classes = archive["planes"].astype(np.float32), archive["classes"]
        refuse_planes(planes, classes)
    return planes, classes


def write_masks(path: Path, masks: np.ndarray) -> None:
    """Write the class-agnostic masks of one photo.

    Args:
        path: ends in `.npz`.
        masks: (M, h, w) bool.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, masks=masks)


def read_masks(path: Path) -> np.ndarray:
    """Read what `write_masks` wrote: (M, h, w) bool.

    Raises:
        InputError: the file is missing, damaged or of another shape.
    """
    with reading(path, "make it again"):
        refuse_other_archives(path)
        with _reading, np.load(path, allow_pickle=False) as archive:
            masks: np.ndarray = archive["masks"]
    if masks.ndim != 3:
        raise InputError(f"{path}: masks must be (M, h, w), not {masks.shape}; make it again.")
    return masks > 0


def write_weights(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Write tensors as safetensors, with a few words about them in the file's header.

    Raises:
        InputError: the file cannot be written; safetensors' own error hides the system's number.
    """
    from safetensors.torch import save

    whole = {key: value.detach().contiguous().cpu() for key, value in tensors.items()}
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(whole, metadata=about))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        InputError: the file is missing, is no safetensors file, or holds NaN.
    """
    from safetensors.torch import load_file

    refuse_special(path)
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"{path} is missing or is no safetensors file ({error}); "
            "give weights saved by tag2mask or by safetensors."
        ) from error
    with reading(path, "delete it and train again, with a lower learning rate if it was trained"):
        refuse_infinite(tensors)
    return tensors


def read_header(path: Path) -> dict[str, str]:
    """Read the few words that `write_weights` put beside the tensors."""
    with reading(path), safe_open(path, framework="pt") as file:
        return file.metadata() or {}


def write_dataset(
    run: RunFolder, dataset: Dataset, *, identity: DataIdentity | None = None
) -> None:
    """Write the checked data set into the run folder.

    Args:
        run: where; the paths of the photos are absolute, so that the run can be continued from
            another working directory.
        dataset: without what cannot be used.
        identity: by what the folder recognises the data set.
    """
    write_record(run.data, DataRecord.of(dataset), **to_json(identity or DataIdentity()))


def read_run_dataset(run: RunFolder) -> Dataset:
    """Read the data set that `write_dataset` wrote.

    Raises:
        InputError: the folder is no run folder, its data.json is damaged, or the name of a photo
            leads out of the folder.
    """
    if not {"photos", "classes"} <= read_json(run.data).keys():
        raise InputError(
            f"{run.root} is no run folder: it has no data.json, or one of something else; "
            "make one with `tag2mask run DATA --out RUN`."
        )
    fix = "make it again with `tag2mask run DATA --out RUN`"
    record = need_record(run.data, DataRecord, fix=fix)
    with reading(run.data, fix):
        return record.to_dataset(run.data)
