"""Steps are parsed once, and what cannot follow on what is refused."""

from __future__ import annotations

import pytest

from tag2mask.sharpening.affinity import AFFINITIES
from tag2mask.sharpening.step_parsing import parse_steps


def test_steps_are_ordered_by_what_they_take() -> None:
    """Maps first, then scores before and after a training; "none" is nothing."""
    steps = parse_steps(["affinity", "dense_crf", "none", "self_training", "superpixels"])
    assert steps.affinity is AFFINITIES["affinity"]
    assert [name for name, _ in steps.before] == ["dense_crf"]
    assert steps.training
    assert [name for name, _ in steps.after] == ["superpixels"]
    assert steps.names == ("affinity", "dense_crf", "self_training", "superpixels")


@pytest.mark.parametrize(("names", "crf", "help_"), [
    ([], False, []), (["affinity:psa"], True, []), (["dense_crf:psa"], True, []),
    (["saliency", "superpixels", "saliency"], False, ["saliency"]),
])
def test_the_protocol_names_what_was_used(names: list[str], crf: bool, help_: list[str]) -> None:
    """A CRF, and each outside help once."""
    steps = parse_steps(names)
    assert steps.crf is crf
    assert steps.outside_help == help_


@pytest.mark.parametrize(("names", "why"), [
    (["dense_crff"], "did you mean 'dense_crf'"),
    (["dense_crf", "affinity"], "affinity works on maps and must come before dense_crf"),
    (["affinity", "affinity:psa"], "one affinity"),
    (["self_training", "dense_crf", "self_training"], "self_training once"),
])
def test_what_makes_no_sense_is_refused(names: list[str], why: str) -> None:
    """In words that name the step."""
    with pytest.raises(ValueError, match=why):
        parse_steps(names)
