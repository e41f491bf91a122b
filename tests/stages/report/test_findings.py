"""The headline is honest, and confusions are read the right way round."""

from __future__ import annotations

import numpy as np
from invented_records import figure, metrics, tags

from tag2mask.stages.report import findings

NAMES = ["background", "cat", "dog"]
TABLE = [[80, 20, 0], [30, 60, 10], [0, 25, 75]]


def test_headline_prefers_the_network_on_held_out_photos() -> None:
    """Neither a higher figure nor one on training photos takes its place."""
    figures = (figure("network", "train", 0.9), figure("maps", "val", 0.8),
               figure("network", "val", 0.3))
    top = findings.headline(metrics(figures=figures))
    assert top is not None
    assert (top.value, top.kind, top.figure) == ("30.0", "network", figures[2])
    assert top.what == "mean IoU of the network on 4 held-out photos"


def test_headline_is_never_an_oracle_figure() -> None:
    """Not even where it is the only one."""
    figures = (figure("network", "val", 0.9, oracle=True), figure("pseudo_masks", "val", 0.2))
    top = findings.headline(metrics(figures=figures))
    assert top is not None
    assert (top.value, top.kind) == ("20.0", "pseudo_masks")
    assert "not the end result" in top.meaning
    assert findings.headline(metrics(figures=figures[:1])) is None


def test_headline_without_masks_says_what_it_does_not_say() -> None:
    """Agreement is shown instead, with its warning."""
    top = findings.headline(metrics(agreement={"network_pseudo/val": 0.7}, tags=tags(0.9)))
    assert top is not None
    assert (top.kind, top.figure) == ("agreement", None)
    assert "not a measure of quality" in top.meaning


def test_headline_falls_back_to_the_tags_and_then_to_nothing() -> None:
    """A run that stopped early has an honest headline or none."""
    top = findings.headline(metrics(tags=tags(0.9)))
    assert top is not None
    assert top.kind == "tags"
    assert findings.headline(metrics()) is None
    assert findings.headline(metrics(figures=(figure("network", "val", None),))) is None


def test_confusions_in_words() -> None:
    """Rows are truth, columns prediction; shares are of the right whole."""
    assert findings.confused(TABLE, NAMES) == ["dog taken for cat: 25 %", "cat taken for dog: 10 %"]
    assert findings.missed(TABLE, NAMES) == ["cat: 30 %"]
    assert findings.overpainted(TABLE, NAMES) == ["cat: 19 %"]


def test_one_class_cannot_be_taken_for_another() -> None:
    """Background is no class that another is taken for."""
    assert findings.confused([[5, 5], [5, 5]], ["background", "crack"]) == []


def test_shares_of_a_class_without_pixels_are_nan() -> None:
    """Nothing is divided by zero, and nothing is called 0 %."""
    shares = findings.shares_by_truth([[1, 1], [0, 0]])
    assert shares[0].tolist() == [0.5, 0.5]
    assert np.isnan(shares[1]).all()


def test_weak_classes_worst_first() -> None:
    """Only low and known scores are named, with their photos where known."""
    iou = {"background": 0.9, "cat": 0.2, "dog": 0.05, "cow": None}
    assert findings.weak_classes(figure("network", "val", iou=iou), {"cat": 1}) == [
        "dog: IoU 5.0", "cat: IoU 20.0, from 1 training photo"]
