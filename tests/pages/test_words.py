"""Numbers and protocols in plain words."""

from __future__ import annotations

import pytest

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


def test_protocol_says_what_the_figure_states_and_nothing_else() -> None:
    """Nothing is claimed that the figure does not state."""
    told = words.protocol({"oracle": False, "threshold": 0.23, "tags": "given", "scales": [1, 1.5],
                           "flip": True, "sharpening": ["pixel_adaptive"], "crf": False,
                           "outside_help": ["SAM"], "seed": 0})
    assert told == ["threshold 0.23, chosen without masks", "tags of each photo known",
                    "scales 1 and 1.5, mirrored too", "sharpened by pixel adaptive", "no CRF",
                    "outside help: SAM", "seed 0"]
    assert words.protocol({}) == []


def test_an_oracle_is_never_said_to_be_chosen_without_masks() -> None:
    """The phrase follows the flag, with or without a threshold."""
    assert words.protocol({"oracle": True, "threshold": 0.2}) == [
        "threshold 0.20 picked with these very masks"]
    assert words.protocol({"oracle": True}) == ["tuned with these very masks"]


def test_where_the_maps_come_from_is_said() -> None:
    """How they were read, and how the classifier was trained, where it is known."""
    figure = {"method": "correlated_cam", "strategy": ["hide_and_seek", "seam"]}
    assert words.protocol(figure) == [
        "maps by correlated cam of a classifier trained by hide and seek and seam"]
    assert words.protocol({"method": "cam"}) == ["maps by cam"]


def test_nothing_is_no_pretraining() -> None:
    """It is called what it is."""
    assert words.protocol({"pretraining": "none (from scratch)"}) == ["trained from scratch"]
    assert words.protocol({"pretraining": "ImageNet-1k"}) == ["pretrained on ImageNet-1k"]


def test_common_protocol_keeps_what_all_rows_share() -> None:
    """One row that differs is enough to tell it for each."""
    rows: list[dict[str, object]] = [{"crf": False, "seed": 1, "tags": "given"},
                                     {"crf": False, "seed": 1}]
    assert words.common_protocol(rows) == ["no CRF", "seed 1"]
    assert words.common_protocol([]) == []
