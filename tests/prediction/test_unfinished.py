"""An interrupted prediction continues, unless something that masks depend on has changed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.progress import Progress
from tag2mask.prediction.predict import predict_photos
from tag2mask.prediction.segmentation import LoadedSegmenter
from tag2mask.prediction.unfinished import prediction_key


class Counting:
    """Stands in for a network: the left third is a cat; it stops at a photo."""

    class spec:  # noqa: N801  (an attribute of the real one)
        """Only the names and the depth of photos are asked for."""

        classes = ("dog", "cat")
        depth = None

    def __init__(self, stop_at: int = 99) -> None:
        """Count calls; the one with this number is interrupted."""
        self.calls, self._stop_at = 0, stop_at

    def predict(self, photo: np.ndarray, classes: object = None) -> np.ndarray:
        """Look at nothing but the size."""
        self.calls += 1
        if self.calls == self._stop_at:
            raise KeyboardInterrupt
        mask = np.zeros(photo.shape[:2], np.uint8)
        mask[:, : mask.shape[1] // 3] = 2
        return mask


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Give a folder of five photos, drawn some time ago."""
    for number in range(5):
        path = tmp_path / "photos" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (21, 12), (number * 9, 80, 20)).save(path)
    return tmp_path / "photos"


def run_on(photos: Path, out: Path, key: str, stop_at: int = 99) -> int:
    """Segment the photos, and return how often the network was called."""
    network = Counting(stop_at)
    segmenter = LoadedSegmenter(network)  # type: ignore[arg-type]
    predict_photos([photos], segmenter, out=out, workers=0, progress=Progress(), key=key)
    return network.calls


def content(out: Path) -> dict[str, bytes]:
    """Read all masks, pictures and tables."""
    return {path.relative_to(out).as_posix(): path.read_bytes().replace(bytes(out), b"")
            for path in out.rglob("*.*") if path.is_file()}


def test_an_interrupted_prediction_continues(photos: Path, tmp_path: Path) -> None:
    """With the same files in the end as one that was not interrupted."""
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_on(photos, out, "a", stop_at=4)
    (out / "masks" / "1.png").unlink()
    assert run_on(photos, out, "a") == 3  # 1, 3 and 4
    assert run_on(photos, tmp_path / "whole", "a") == 5
    assert content(out) == content(tmp_path / "whole")
    assert not (out / "unfinished.json").exists()


def test_a_finished_prediction_is_repeated(photos: Path, tmp_path: Path) -> None:
    """As whoever starts it again wants it; so is one with another network or other options."""
    out = tmp_path / "out"
    assert run_on(photos, out, "a") == 5
    assert run_on(photos, out, "a") == 5
    with pytest.raises(KeyboardInterrupt):
        run_on(photos, out, "a", stop_at=4)
    assert run_on(photos, out, "b") == 5
    with pytest.raises(KeyboardInterrupt):
        run_on(photos, out, "", stop_at=4)
    assert run_on(photos, out, "") == 5


def test_a_photo_that_changed_is_segmented_again(photos: Path, tmp_path: Path) -> None:
    """As is one whose mask is damaged, or without its picture."""
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_on(photos, out, "a", stop_at=5)
    stat = (out / "masks" / "0.png").stat()
    Image.new("RGB", (30, 12)).save(photos / "0.png")
    os.utime(out / "masks" / "0.png", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (out / "masks" / "1.png").write_bytes(b"nothing")
    (out / "overlays" / "2.jpg").unlink()
    assert run_on(photos, out, "a") == 4  # all but 3
    assert Image.open(out / "masks" / "0.png").size == (30, 12)


def test_the_key_is_of_the_network_and_the_options(tmp_path: Path) -> None:
    """A network that was trained again has another."""
    weights = tmp_path / "segmenter" / "weights.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"1")
    first = prediction_key(tmp_path, [1.0, None])
    assert prediction_key(tmp_path, [1.0, None]) == first
    assert prediction_key(tmp_path, [1.5, None]) != first
    weights.write_bytes(b"22")
    assert prediction_key(tmp_path, [1.0, None]) != first
