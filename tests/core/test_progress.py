"""What a person sees of long work, on a terminal and in a log."""

from __future__ import annotations

import io

import pytest

from tag2mask.core.progress import Progress, Verbosity, spoken


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        """Start at an odd time, as real ones do."""
        self.now = 17.0

    def __call__(self) -> float:
        """Tell the time in seconds."""
        return self.now


def work(verbosity: Verbosity, *, units: int, seconds_each: float, done: int = 0) -> list[str]:
    """Do some pretended work; return the lines that were shown."""
    clock, stream = Clock(), io.StringIO()
    progress = Progress(verbosity, stream=stream, clock=clock)
    with progress.stage("classify", total=units, done=done) as bar:
        for _ in range(units - done):
            clock.now += seconds_each
            bar.note("loss 0.31")
            bar.advance()
    return stream.getvalue().splitlines()


def test_lines_come_at_the_start_every_tenth_and_at_the_end() -> None:
    """With rate, time left and note; the last line replaces the last tenth."""
    lines = work("normal", units=200, seconds_each=0.5)
    assert lines[0] == "classify: 200 photos"
    assert lines[1] == "classify: 20/200 photos (10 %), 2 photos/s, 1 min 30 s left, loss 0.31"
    assert lines[-1] == "classify: 200 photos in 1 min 40 s, 2 photos/s, loss 0.31"
    assert len(lines) == 11


def test_slow_work_is_heard_of_every_half_minute() -> None:
    """Even if that is less than a tenth."""
    assert len(work("normal", units=100, seconds_each=40)) == 101


def test_fast_work_does_not_flood_a_log() -> None:
    """Two lines for what takes a moment."""
    assert len(work("normal", units=1000, seconds_each=0.0002)) == 2


def test_what_was_done_before_counts_but_not_as_speed() -> None:
    """Ninety were there already; ten took 100 s."""
    lines = work("normal", units=100, seconds_each=10, done=90)
    assert lines[0] == "classify: 100 photos, 90 of them done before"
    assert "93/100 photos (93 %), 0.1 photos/s, 1 min 10 s left" in lines[1]


def test_verbose_tells_more_and_quiet_nothing() -> None:
    """A hundred lines, or none."""
    assert len(work("verbose", units=200, seconds_each=2)) == 101
    assert work("quiet", units=200, seconds_each=2) == []
    assert work("silent", units=200, seconds_each=2) == []


def test_a_stop_is_told_and_goes_on_up() -> None:
    """The line says how far it came."""

    def stop_after(number: int) -> None:
        with Progress("normal", stream=stream).stage("label", total=9) as bar:
            bar.advance(number)
            raise KeyboardInterrupt

    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        stop_after(4)
    assert "label: stopped at 4 of 9 photos after" in stream.getvalue()


def test_nothing_to_do_is_no_error() -> None:
    """Nor worth a line, as for a split without photos."""
    assert work("normal", units=0, seconds_each=1) == []


def test_one_unit_is_singular() -> None:
    """In every line."""
    lines = work("normal", units=1, seconds_each=2)
    assert lines[0] == "classify: 1 photo"
    assert lines[-1].startswith("classify: 1 photo in 2.0 s")


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [
        ("quiet", ["Warning: few photos"]),
        ("normal", ["seed 3", "Warning: few photos"]),
        ("verbose", ["seed 3", "4 threads", "Warning: few photos"]),
    ],
)
def test_who_hears_what(verbosity: Verbosity, shown: list[str]) -> None:
    """Warnings reach everybody."""
    stream = io.StringIO()
    progress = Progress(verbosity, stream=stream)
    progress.say("seed 3")
    progress.detail("4 threads")
    progress.warn("few photos")
    assert stream.getvalue().splitlines() == shown


def test_from_python_a_warning_is_a_python_warning() -> None:
    """The default shows nothing, but a program must be able to notice."""
    with pytest.warns(UserWarning, match="few photos"):
        Progress().warn("few photos")


def test_a_terminal_gets_a_bar() -> None:
    """With count, note, and text that is not taken for markup; one row per nested stage."""
    stream = io.StringIO()
    progress = Progress("normal", stream=stream, live=True)
    with progress.stage("segment", total=3, unit="epochs") as outer:
        with progress.stage("agreement", total=5) as inner:
            inner.advance(5)
        outer.note("[bold] 0.5")
        outer.advance(3)
        progress.say("a line [between]")
    text = stream.getvalue()
    assert "3/3 epochs" in text
    assert "5/5 photos" in text
    assert "[bold] 0.5" in text
    assert "a line [between]" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.7, "1 min 00 s"),
     (302, "5 min 02 s"), (3599.9, "1 h 00 min"), (3780, "1 h 03 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    """Rounded, never 60 of anything."""
    assert spoken(seconds) == words
