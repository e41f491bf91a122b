"""Find the most likely cause if masks and tags disagree and no table resolves the conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tag2mask.core.contracts import IGNORE
from tag2mask.data.mask_checks.agreement import Agreement, agreement
from tag2mask.data.mask_checks.candidates import is_numbered
from tag2mask.data.mask_checks.facts import MaskFacts
from tag2mask.data.mask_checks.view import View, make_view

_SAME = 0.97
"""Minimum F1 at which the masks belong to the neighbouring photos."""

_NOISE = 0.1


def likely_cause(
    facts: Sequence[MaskFacts], classes: Sequence[str], stored: Agreement | None
) -> str:
    """Return the reason why the masks cannot be trusted: a clause with the most likely cause.

    Args:
        facts: the sample.
        classes: K names.
        stored: agreement if values are taken as labels; None for colour pictures.
    """
    view = make_view(facts, by_colour=stored is None)
    symbols = view.symbols
    if len(symbols) <= 1:
        return (f"all masks hold only the value {symbols[0] if symbols else 0}; most likely they "
                "were saved empty, or their values were lost in a conversion")
    if step := _shift(view, facts, len(classes)):
        where = "one before" if step < 0 else "one after"
        return f"the masks agree with the tags of the photo {where} it in the order of names"
    if len(symbols) == 2 and len(classes) > 1:
        return (f"the masks hold only two values for {len(classes)} classes, and some photos have "
                "several tags; most likely they only distinguish objects from the background")
    if stored is None:
        return ("the masks are colour pictures, and which colour is which class cannot be "
                "decided by the tags; list the colours in labelmap.txt, a line "
                "`name:red,green,blue::` for each class")
    return _about_labels(view, facts, classes, stored)


def _about_labels(
    view: View, facts: Sequence[MaskFacts], classes: Sequence[str], stored: Agreement
) -> str:
    most = max(symbol for symbol in view.symbols if symbol != IGNORE)
    noisy = stored.clear_score - stored.score > _NOISE or _is_blended(view, len(classes))
    if noisy or any(one.jpeg for one in facts):
        return ("the masks have values of a few pixels that no tag explains; most likely they were "
                "saved as JPEG or resized smoothly: save them as PNG, resized by nearest neighbour")
    if most > len(classes):
        kind = "they number the objects" if is_numbered(view) or len(view.symbols) > 2 * len(
            classes) + 2 else "the values are not label numbers"
        return (f"the masks have values up to {most}, but there are {len(classes)} classes; most "
                f"likely {kind}")
    unshown = [
        name for name, tagged, shown in zip(classes, stored.tagged, stored.shown, strict=True)
        if tagged >= 3 and not shown
    ]
    if unshown:
        return (f"no mask shows {unshown[0]!r}, although photos are tagged with it; most likely "
                "labels are missing, or the masks number the objects")
    return ("masks and tags contradict each other on many photos; most likely the masks belong to "
            "other photos, or number the objects instead of the classes")


def _is_blended(view: View, classes: int) -> bool:
    """Whether many masks have values beyond the labels that are only seams between others."""
    faint = sum(
        any(symbol > classes and symbol != IGNORE and symbol not in solid for symbol in row)
        for row, solid in zip(view.rows, view.solid, strict=True)
    )
    return faint > 0.2 * len(view.rows)


def _shift(view: View, facts: Sequence[MaskFacts], classes: int) -> int:
    """Return 1 or -1 if the masks are those of the next or the previous photo, else 0."""
    table = {**{label: label for label in range(classes + 1)}, IGNORE: IGNORE}
    for place, step in ((0, -1), (1, 1)):
        tags = tuple(frozenset(one.neighbours[place]) for one in facts)
        found = agreement(replace(view, tags=tags), table, classes=classes)
        if not view.by_colour and found.score >= _SAME and found.unread_share < _NOISE:
            return step
    return 0
