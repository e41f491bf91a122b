"""bfloat16 is taken where it is faster and changes next to nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask.core.json_records import read_record
from tag2mask.prediction import runtime_choice
from tag2mask.prediction.runtime_choice import choose_runtime
from tag2mask.prediction.runtimes import CHOICE
from tag2mask.run_folder.records import RuntimeChoice

PHOTOS = [np.zeros((40, 50, 3), np.uint8)] * 3


class Clock:
    """Stands in for the clock, and goes on only while a fake network computes."""

    now = 0.0

    def perf_counter(self) -> float:
        """Tell the time in seconds."""
        return self.now


class Fake:
    """A network that takes so many milliseconds, and labels so many pixels otherwise."""

    def __init__(self, clock: Clock, milliseconds: int, different: int) -> None:
        """Remember both."""
        self._clock, self._milliseconds, self._different = clock, milliseconds, different

    def predict(self, photo: np.ndarray) -> np.ndarray:
        """Look at nothing but the size."""
        self._clock.now += self._milliseconds / 1e3
        mask = np.zeros(photo.shape[0] * photo.shape[1], np.uint8)
        mask[: self._different] = 1
        return mask.reshape(photo.shape[:2])


@pytest.mark.parametrize(("fakes", "chosen"), [
    ({}, "onnx"),
    ({"torch_bfloat16": (5, 1)}, "torch_bfloat16"),
    ({"torch_bfloat16": (5, 1), "openvino_bfloat16": (4, 2)}, "openvino_bfloat16"),
    ({"torch_bfloat16": (5, 1), "openvino_bfloat16": (4, 3)}, "torch_bfloat16"),
    ({"torch_bfloat16": (11, 0)}, "onnx"),
])
def test_the_fastest_that_agrees_is_chosen(
    fakes: dict[str, tuple[int, int]], chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 99.9 % of 2,000 pixels; what was measured is kept."""
    clock = Clock()
    monkeypatch.setattr(runtime_choice, "time", clock)
    monkeypatch.setattr(runtime_choice, "bfloat16_runtimes", lambda: tuple(fakes))
    fakes = {"onnx": (10, 0), **fakes}
    monkeypatch.setattr(runtime_choice, "load_runtime", lambda _, name: (name,))
    monkeypatch.setattr(runtime_choice, "Predictor", lambda name: Fake(clock, *fakes[name]))
    choice = choose_runtime(tmp_path, PHOTOS)
    assert read_record(tmp_path / CHOICE, RuntimeChoice) == choice
    assert choice.runtime == chosen
    assert {name: (row.milliseconds, round(2000 * (1 - row.agreement)))
            for name, row in choice.tried.items()} == fakes
