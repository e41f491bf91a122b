"""The network beside its bound, in words."""

from __future__ import annotations

import pytest
from invented_records import figure, metrics

from tag2mask.pages import words
from tag2mask.run_folder.records import Figure
from tag2mask.stages.report import bound_section, findings


def bound(miou: float, split: str = "val") -> Figure:
    """Return the figure of a bound."""
    return figure(words.BOUND, split, miou, oracle=True, sharpening=(), method="")


@pytest.mark.parametrize(("network", "top", "ending"), [
    (0.418, 0.596, "it is far below, so better pseudo masks would help most."),
    (0.38, 0.4, "or another network would help most."),
    (0.55, 0.596, "when it is trained on true masks."),
])
def test_what_limits_the_network(network: float, top: float, ending: str) -> None:
    """The masks where it is far below its bound, the training where the bound is low."""
    made = metrics(figures=(figure("network", "val", network), bound(top)))
    sentence = bound_section.sentence(made)
    assert sentence.startswith(f"The network reaches {100 * network:.1f} of {100 * top:.1f}, ")
    assert sentence.endswith(ending)


def test_the_bound_stands_beside_the_figure_and_is_never_the_headline() -> None:
    """Even where it is the highest."""
    made = metrics(figures=(bound(0.596), figure("network", "val", 0.418)))
    top = findings.headline(made)
    assert top is not None
    assert top.value == "41.8"
    assert bound_section.of_bound(made) == "of 59.6"
    [(value, meaning)] = bound_section.tile(made)
    assert value == "41.8 of 59.6"
    assert "oracle" in meaning
    assert findings.headline(metrics(figures=(bound(0.596),))) is None


def test_a_bound_of_another_split_or_none_is_not_mentioned() -> None:
    """Scores of different photos do not belong beside each other."""
    for figures in ((figure("network", "val"),), (figure("network", "val"), bound(0.6, "test")),
                    (bound(0.6),)):
        made = metrics(figures=figures)
        assert bound_section.sentence(made) == bound_section.of_bound(made) == ""
        assert bound_section.tile(made) == []


def test_its_protocol_names_true_masks_and_no_maps() -> None:
    """And the phrases that all other rows share stay shared."""
    rows = [bound(0.6), figure("network", "val"), figure("pseudo_masks", "val")]
    assert words.protocol(rows[0])[0] == "trained on true masks"
    assert not any("sharpened" in phrase for phrase in words.protocol(rows[0]))
    assert "sharpened by pixel adaptive" in words.common_protocol(rows)
