"""Figures are well-formed SVG, escape what users wrote, and stand the odd run."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from markupsafe import Markup

from tag2mask.stages.report.class_figures import Bar, class_bars, confusion_map
from tag2mask.stages.report.figures import threshold_curve, training_curve

HOSTILE = '"><script>alert(1)</script>&'


def parsed(figure: Markup) -> ElementTree.Element:
    """Parse a figure as XML; it must describe itself and hold no undefined place."""
    root = ElementTree.fromstring(str(figure))
    assert root.get("aria-label")
    assert root.find("desc") is not None
    assert "nan" not in str(figure)
    return root


def test_training_curve_has_a_dot_per_known_number() -> None:
    """Unknown scores are passed over, and neither hide nor invent others."""
    root = parsed(training_curve([1, 2, 3], [0.9, 0.5, 0.4], [0.2, None, 0.6],
                                 score_name="agreement", title="t"))
    dots = [dot.get("class") for dot in root.iter("circle")]
    assert dots.count("dot score") == 2
    assert dots.count("dot loss") == 3


@pytest.mark.parametrize(("epochs", "losses", "scores"), [
    ([], [], []), ([1], [0.5], [0.5]), ([1, 2], [0.0, 0.0], [None, None]), ([1], [None], [None])])
def test_training_curve_of_little(epochs: list[float], losses: list[float | None],
                                  scores: list[float | None]) -> None:
    """No epoch, one epoch, no score, no loss: still a figure."""
    parsed(training_curve(epochs, losses, scores, score_name="agreement", title="t"))


def test_threshold_curve_names_both_marks_with_their_scores() -> None:
    """The key tells the chosen threshold from the oracle."""
    figure = threshold_curve([0.1, 0.2, 0.3], [0.3, 0.4, 0.45], chosen=0.2, oracle=0.3, title="t")
    parsed(figure)
    assert "chosen without masks: 40.0 at 0.20" in figure
    assert "oracle, needs masks: 45.0 at 0.30" in figure


@pytest.mark.parametrize("scores", [[None, None], [0.0, 0.0], [1.0, 0.999]])
def test_threshold_curve_of_odd_scores(scores: list[float | None]) -> None:
    """Unknown, zero and perfect scores have their place."""
    parsed(threshold_curve([0.1, 0.9], scores, chosen=None, oracle=0.1, title="t"))


def test_bars_escape_names_and_say_what_is_cut() -> None:
    """Names are text, and the full name is in the title."""
    long = "a very long class name indeed"
    figure = class_bars([Bar(HOSTILE, 0.5, 0.6, "#ff0000", "3 photos"), Bar(long, None)],
                        title=HOSTILE, value_name="IoU", mark_name="pseudo masks")
    titles = [title.text or "" for title in parsed(figure).iter("title")]
    assert "<script" not in figure
    assert titles[0].startswith(f"{HOSTILE}: IoU 50.0 %, pseudo masks 60.0 %")
    assert titles[1].startswith(long)


@pytest.mark.parametrize("count", [1, 2, 21, 81])
def test_confusion_map_of_any_size(count: int) -> None:
    """There is a cell for every pair, whatever the names."""
    shares = np.full((count, count), 0.1)
    shares[-1] = np.nan
    root = parsed(confusion_map(shares, [f"{HOSTILE}{i}" for i in range(count)], title="t"))
    assert len([r for r in root.iter("rect") if r.get("class") == "cell"]) == count * count
