"""The files of a run: which stage writes which file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.json_records import read_json


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run; see the tree in `docs/architecture.md`."""

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
        """The hash of each photo and mask, with size, times and number of the file."""
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
        """The report."""
        return self.root / "report.html"

    @property
    def classifier(self) -> Path:
        """Weights, tag probabilities, metrics and training curve of the tag classifier."""
        return self.root / "classifier"

    def round_folder(self, number: int) -> Path:
        """Weights, curve and checkpoint of a training round; round 1 is the classifier itself."""
        return self.classifier if number == 1 else self.classifier / f"round{number}"

    def erased_file(self, number: int, name: str) -> Path:
        """What is erased from the photo called `name` in round `number`."""
        return self.round_folder(number) / "erased" / f"{name}.png"

    @property
    def rounds(self) -> Path:
        """The results of the rounds, of a classifier that has several."""
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
        """Weights of what is trained to sharpen maps, and its training data."""
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
        """Remove what an earlier run of a stage wrote into `folder`; of a link, only the link."""
        place = self.root / folder
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)

    @staticmethod
    def read_json(path: Path) -> dict[str, object]:
        """Read a JSON object, or {} where there is none yet."""
        return read_json(path)
