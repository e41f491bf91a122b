"""Numbers and protocols in plain words."""

from __future__ import annotations

import pytest
from invented_records import figure

from tag2mask.pages import words


@pytest.mark.parametrize(("value", "expected"), [
    (0.5, 0.5), (3, 3.0), ("0.25", 0.25), ("", None), (None, None), (True, None),
    (float("nan"), None), ("inf", None), ([1], None)])
def test_number(value: object, expected: float | None) -> None:
    """Only finite numbers count as numbers."""
    assert words.number(value) == expected


@pytest.mark.parametrize(("seconds", "expected"), [
    (0.42, "0.4 s"), (9.97, "10 s"), (59.6, "1 min 0 s"), (312, "5 min 12 s"), (1961, "33 min"),
    (3599, "1 h 0 min"), (6000, "1 h 40 min"), (None, "—")])
def test_duration(seconds: object, expected: str) -> None:
    """Spans of time are rounded as a person rounds them."""
    assert words.duration(seconds) == expected


def test_small_words() -> None:
    """Memory, scores, counts and lists read like English."""
    assert words.memory(840) == "840 MB"
    assert words.memory(2100) == "2.1 GB"
    assert words.score(0.4104) == "41.0"
    assert words.score(None) == "—"
    assert words.count(1, "class") == "1 class"
    assert words.count(1200, "photo") == "1,200 photos"
    assert words.count(2, "class") == "2 classes"
    assert words.join(["a", "b", "c"]) == "a, b and c"


def test_protocol_states_every_part() -> None:
    """In a fixed order."""
    own = figure("pseudo_masks", "val", threshold=0.23, tags="given", outside_help=("SAM",))
    assert words.protocol(own) == [
        "threshold 0.23, chosen without masks", "tags of each photo known",
        "maps by cam of a classifier trained by plain", "scales 1 and 1.5, mirrored too",
        "sharpened by pixel adaptive", "no CRF", "pretrained on ImageNet-1k classes",
        "outside help: SAM", "seed 7"]


def test_what_is_unknown_is_left_out() -> None:
    """Early figures do not state how maps were computed; a network has no threshold."""
    own = figure("network", "val", method="", strategy=(), pretraining="", scales=())
    assert words.protocol(own) == [
        "tags of each photo not known", "sharpened by pixel adaptive", "no CRF", "no outside help",
        "seed 7"]


def test_an_oracle_is_never_said_to_be_chosen_without_masks() -> None:
    """The phrase follows the flag, with or without a threshold."""
    assert words.protocol(figure("maps", "val", oracle=True, threshold=0.2))[0] == (
        "threshold 0.20 picked with these very masks")
    assert words.protocol(figure("network", "val", oracle=True))[0] == "tuned with these very masks"


def test_where_the_maps_come_from_is_said() -> None:
    """How they were computed, and how the classifier was trained, where it is known."""
    own = figure("maps", "val", method="correlated_cam", strategy=("hide_and_seek", "seam"))
    phrase = "maps by correlated cam of a classifier trained by hide and seek and seam"
    assert phrase in words.protocol(own)
    assert "maps by cam" in words.protocol(figure("maps", "val", strategy=()))
    assert "weighed maps by cam" in words.protocol(
        figure("maps", "val", strategy=(), weighed=True))


def test_nothing_is_no_pretraining() -> None:
    """It is called what it is."""
    own = figure("network", "val", pretraining="none (from scratch)")
    assert "trained from scratch" in words.protocol(own)


def test_common_protocol_keeps_what_all_rows_share() -> None:
    """One row that differs is enough to state it for each."""
    rows = [figure("maps", "val", tags="given", crf=True), figure("network", "val", crf=True)]
    common = words.common_protocol(rows)
    assert "CRF" in common
    assert "seed 7" in common
    assert not any(phrase.startswith("tags") for phrase in common)
    assert words.common_protocol([]) == []
