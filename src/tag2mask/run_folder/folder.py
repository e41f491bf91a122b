"""The paths of all files of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.json_records import read_json


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run; see the tree in `docs/architecture.md`."""

    root: Path

    @property
    def config(self) -> Path:
        """The complete settings, from which the run can be repeated."""
        return self.root / "config.toml"

    @property
    def data(self) -> Path:
        """The data set after reading and checking, so that stages can be run separately."""
        return self.root / "data.json"

    @property
    def contents(self) -> Path:
        """The hash of each photo and mask, with size, times and inode of the file."""
        return self.root / "contents.json"

    @property
    def metrics(self) -> Path:
        """All figures of the run with their protocols."""
        return self.root / "metrics.json"

    @property
    def photo_scores(self) -> Path:
        """One row per scored photo: image, split, what, score."""
        return self.root / "photos.csv"

    @property
    def trust(self) -> Path:
        """One row per photo, and per class in it: the trust in its mask, lowest first."""
        return self.root / "trust.csv"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.root / "report.html"

    @property
    def profile(self) -> Path:
        """Time and memory by stage and kind of work, if the run was profiled."""
        return self.root / "profile.json"

    @property
    def profile_page(self) -> Path:
        """The profile as a page."""
        return self.root / "profile.html"

    @property
    def classifier(self) -> Path:
        """Weights, tag probabilities, metrics and training curve of the tag classifier."""
        return self.root / "classifier"

    def round_folder(self, number: int) -> Path:
        """Return the folder of a training round; round 1 is the classifier itself."""
        return self.classifier if number == 1 else self.classifier / f"round{number}"

    def erased_file(self, number: int, name: str) -> Path:
        """Return the file of the region erased from the photo called `name` in round `number`."""
        return self.round_folder(number) / "erased" / f"{name}.png"

    @property
    def rounds(self) -> Path:
        """The results of the rounds, for classifiers with several rounds."""
        return self.classifier / "rounds.json"

    @property
    def segmenter(self) -> Path:
        """Weights, ONNX file, metrics and training curve of the segmentation network."""
        return self.root / "segmenter"

    def map_file(self, name: str) -> Path:
        """Return the file of the activation maps of the photo called `name`."""
        return self.root / f"maps/{name}.npz"

    def read_file(self, name: str) -> Path:
        """Return the file of the maps of the photo called `name` before they are weighed."""
        return self.root / f"read/{name}.npz"

    @property
    def weighing(self) -> Path:
        """Whether the maps were weighed, if that was decided."""
        return self.root / "maps" / "weighing.json"

    @property
    def self_trained(self) -> Path:
        """Weights of the network that `sharpen` trains on scores, if its steps contain one."""
        return self.sharpener / "network.safetensors"

    @property
    def sharpener(self) -> Path:
        """Weights of networks that sharpen maps, and their training data."""
        return self.root / "sharpener"

    def refined_file(self, name: str) -> Path:
        """Return the file of the maps of the photo called `name` after steps on maps."""
        return self.root / f"refined/{name}.npz"

    def class_agnostic_file(self, name: str) -> Path:
        """Return the file of the class-agnostic masks of the photo called `name`."""
        return self.root / f"class_agnostic/{name}.npz"

    def scored_file(self, name: str) -> Path:
        """Return the file of the maps to compute scores from: the refined ones, if any."""
        refined = self.refined_file(name)
        return refined if refined.exists() else self.map_file(name)

    @property
    def background(self) -> Path:
        """The share of foreground chosen for the pseudo masks."""
        return self.root / "sharp" / "background.json"

    def sharp_file(self, name: str) -> Path:
        """Return the file of the sharpened scores of the photo called `name`."""
        return self.root / f"sharp/{name}.npz"

    def mask_file(self, name: str) -> Path:
        """Return the file of the pseudo mask of the photo called `name`."""
        return self.root / f"masks/{name}.png"

    def prediction_file(self, name: str) -> Path:
        """Return the file of the network's mask of the photo called `name`."""
        return self.root / f"predictions/{name}.png"

    @property
    def final(self) -> Path:
        """The final masks of the photos."""
        return self.root / "final"

    def final_file(self, name: str) -> Path:
        """Return the file of the final mask of the photo called `name`."""
        return self.final / f"{name}.png"

    def photo_files(self, pattern: str, names: Iterable[str]) -> Iterator[str]:
        """Yield a file per photo as text: a path for each of many takes most of the time.

        Args:
            pattern: the file below the run folder, with a * for the photo's name.
            names: the photos.
        """
        start, _, end = f"{self.root}/{pattern}".rpartition("*")
        return (f"{start}{name}{end}" for name in names)

    def clear(self, folder: str) -> None:
        """Remove the files of an earlier run of a stage from `folder`; of a link only the link."""
        place = self.root / folder
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)

    @staticmethod
    def read_json(path: Path) -> dict[str, object]:
        """Read a JSON object; {} if the file is missing."""
        return read_json(path)
