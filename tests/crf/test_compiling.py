"""Compiled kernels are noted, and only what is missing is compiled in the background."""

from __future__ import annotations

import pytest

from tag2mask.crf import compiling
from tag2mask.crf.compiling import compile_kernels, compiled_ahead, stop_compiling, uncompiled


class Recorder:
    """Takes the place of the background process."""

    started: list[tuple[str, ...]]
    stopped: int

    def __init__(self, function: str, *words: str) -> None:
        """Note what would be started."""
        type(self).started.append((function, *words))

    def stop(self) -> None:
        """Note the end."""
        type(self).stopped += 1


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> type[Recorder]:
    """Start no process."""
    Recorder.started, Recorder.stopped = [], 0
    monkeypatch.setattr(compiling, "Background", Recorder)
    return Recorder


def test_what_was_compiled_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all numbers of labels that share kernels, until anything that counts changes."""
    compile_kernels(3)
    assert uncompiled([1, 3]) == []
    monkeypatch.setattr(compiling, "_key", lambda: "another version")
    assert uncompiled([1, 2, 3, 6, 9]) == [2, 3, 6]


def test_a_single_label_needs_no_kernel() -> None:
    """It would have no plane."""
    compile_kernels(1)
    assert uncompiled([1]) == []


def test_one_process_compiles_what_is_missing(
    recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a second one within; `stop_compiling` ends it before the block does."""
    monkeypatch.setattr(compiling, "_key", lambda: "another version")
    with compiled_ahead([2, 4]), compiled_ahead([5]):
        assert recorder.started == [("tag2mask.crf.compiling:compile_all", "2", "4")]
        stop_compiling()
        assert recorder.stopped == 1
    assert recorder.stopped == 1


def test_an_error_ends_it(recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch) -> None:
    """And a signal, which is an exception, too."""
    monkeypatch.setattr(compiling, "_key", lambda: "another version")
    with pytest.raises(KeyboardInterrupt), compiled_ahead([2]):
        raise KeyboardInterrupt
    assert recorder.stopped == 1


def test_nothing_is_started_for_cached_kernels(recorder: type[Recorder]) -> None:
    """As in every run but the first of a machine."""
    compile_kernels(2)
    with compiled_ahead([2]):
        assert recorder.started == []
