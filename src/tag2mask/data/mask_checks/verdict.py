"""Decide how to read the masks of a data set, or why not to score them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.data.mask_checks.agreement import OWN_TAG, Agreement, agreement
from tag2mask.data.mask_checks.candidates import Candidate, candidates
from tag2mask.data.mask_checks.causes import likely_cause
from tag2mask.data.mask_checks.facts import MaskFacts
from tag2mask.data.mask_checks.untagged import untagged_sentence
from tag2mask.data.mask_checks.view import View, cleaned, make_view
from tag2mask.data.mask_reading import MaskReading, unpacked

GOOD = 0.97
"""Minimum F1 of tags and masks at which a table counts as correct."""

HEALTHY = 0.75
"""F1 below which masks as stored contradict the tags; masks may lack objects."""

_CLASS_HEALTHY = 0.5
"""The same limit for each class with at least three photos."""

_STRAY = 0.05
"""Maximum share of masks with a wrong value; above it, all masks are doubted."""

_NOISE = 0.1
"""Maximum loss of F1 through labels with few pixels."""

_FRAMED = 0.9
_FEW = 5

_SUPPORT = 2
"""Minimum number of masks per class for a table other than the stored one."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The decision on the masks."""

    reading: MaskReading | None = None
    """Table of labels, which may be `OWN_TAG`; None if the values are the labels."""
    notice: str = ""
    """Description of the reading, if it differs from the stored values."""
    doubt: str = ""
    """Reason not to score the masks; "" if they are scored."""
    sentence: str = ""
    """A further sentence to report, whatever the decision."""


def judge(facts: Sequence[MaskFacts], classes: Sequence[str], *, stated: bool) -> Verdict:
    """Compare the masks with the tags of their photos.

    Masks that agree with the tags as stored remain unchanged. Otherwise the common conventions for
    storing masks are tried; one that agrees is used and reported, unless the user stated another
    order of the classes. If none agrees, no mask is scored.

    Args:
        facts: the sample.
        classes: K names.
        stated: whether the user stated the order of the labels.
    """
    colour = any(one.kind == "colour" for one in facts)
    stored = None if colour else agreement(
        make_view(facts, by_colour=False), _identity(len(classes)), classes=len(classes)
    )
    if stored is not None and stored.score >= GOOD and _is_healthy(stored):
        if _lacks_background(facts):
            return _background_of_255(classes)
        return Verdict(doubt=_inverted(facts, _identity(1)) if len(classes) == 1 else "",
                       sentence=untagged_sentence(facts, classes))
    best, found = _best(facts, len(classes), stated=stated)
    healthy = stored is not None and _is_healthy(stored)
    # Tags cannot contradict masks of objects without a class, so these never beat healthy ones.
    kept = stored is not None and healthy and best is not None and (
        best.classless or stored.score >= found)
    if best is not None and not kept:
        turned = _inverted(facts, best.table) if not best.view.by_colour else ""
        if best.sure:
            return Verdict(doubt=turned) if turned else _read(best, classes)
        return Verdict(doubt=f"the masks {best.what}, and would agree with the tags if "
                             f"{_named(best, classes)}; state that in classes.txt or labelmap.txt")
    if healthy:
        return Verdict(sentence=untagged_sentence(facts, classes))
    return Verdict(doubt=likely_cause(facts, classes, stored))


def judge_table(
    facts: Sequence[MaskFacts], table: dict[int, int], path: Path, classes: int, *, nearest: bool
) -> Verdict:
    """Read colours by a table that the user stated, unless it contradicts the tags.

    Args:
        facts: the sample.
        table: from packed colours to labels.
        path: file that contains the table.
        classes: K.
        nearest: whether colours between those of the table occur.
    """
    reading = MaskReading(table=tuple(sorted(table.items())), by_colour=True, nearest=nearest)
    view = make_view(facts, by_colour=True)
    if nearest:
        view = view.nearest_of(reading)
    found = agreement(view, table, classes=classes)
    if found.unread_share > 0.5 or found.score < HEALTHY:
        return Verdict(doubt=f"their colours, read by {path}, contradict the tags")
    return Verdict(reading=reading, notice=f"The masks' colours are read by {path}")


def judge_few(facts: Sequence[MaskFacts], classes: Sequence[str]) -> Verdict:
    """Doubt a handful of masks if most contradict the tags; no other evidence is available."""
    if len(facts) < 3 or any(one.kind == "colour" for one in facts):
        return Verdict()
    view = make_view(facts, by_colour=False)
    stored = agreement(view, _identity(len(classes)), classes=len(classes))
    if stored.unread or stored.score > _CLASS_HEALTHY:
        return Verdict()
    return Verdict(doubt=likely_cause(facts, classes, stored))


def _lacks_background(facts: Sequence[MaskFacts]) -> bool:
    """Return whether no mask has the label 0, and nearly all have 255 instead."""
    undecided = sum(IGNORE in one.values for one in facts)
    return undecided >= _FRAMED * len(facts) and not any(BACKGROUND in one.values for one in facts)


def _background_of_255(classes: Sequence[str]) -> Verdict:
    table = {**_identity(len(classes)), IGNORE: BACKGROUND}
    return Verdict(
        reading=MaskReading(table=tuple(sorted(table.items()))),
        notice="No mask has the label 0, so 255, which usually stands for undecided pixels, is "
               "read as the background; if it is not, save the background as 0",
    )


def _inverted(facts: Sequence[MaskFacts], table: dict[int, int]) -> str:
    """Return the doubt that object and background are swapped; "" if there is no sign of it.

    If every photo has the class, tags give no evidence; but the background touches the edge of the
    picture in nearly every mask, and a single object hardly does so in all of them.
    """
    drawn = [one for one in facts if len(one.values) > 1]
    around = sum(
        table.get(one.framing, BACKGROUND) not in (BACKGROUND, IGNORE) and one.framed > _FRAMED
        for one in drawn
    )
    if len(drawn) < _FEW or around < _FRAMED * len(drawn):
        return ""
    return ("in nearly all of them the object lies along the whole frame of the photo; most likely "
            "object and background are exchanged")


def _is_healthy(stored: Agreement) -> bool:
    return (
        stored.unread <= max(1, _STRAY * stored.masks)
        and stored.score >= HEALTHY
        and stored.lowest_class_score >= _CLASS_HEALTHY
        and stored.clear_score - stored.score <= _NOISE
    )


def _best(
    facts: Sequence[MaskFacts], classes: int, *, stated: bool
) -> tuple[Candidate | None, float]:
    """Return the candidate with the best agreement, and its F1; the first one wins ties."""
    best, highest = None, GOOD
    for candidate in _all(facts, classes, stated=stated):
        found = agreement(candidate.view, candidate.table, classes=classes, other=candidate.other)
        enough = found.support >= min(_SUPPORT, len(facts) // 4) and found.support > 0
        better = (found.score, candidate.sure) > (highest, best is not None and best.sure)
        better = better or (best is None and found.score >= highest)
        if better and enough and found.unread <= _STRAY * found.masks:
            best, highest = candidate, found.score
    return best, highest


def _all(facts: Sequence[MaskFacts], classes: int, *, stated: bool) -> Iterator[Candidate]:
    for view in _views(facts, classes):
        yield from candidates(view, classes, stated=stated)


def _views(facts: Sequence[MaskFacts], classes: int) -> Iterator[View]:
    """Yield the view of colours, if there are any, then of values, then both without noise."""
    kinds = {one.kind for one in facts}
    views = [make_view(facts, by_colour=True)] if kinds != {"grey"} else []
    views += [make_view(facts, by_colour=False)] if "colour" not in kinds else []
    yield from views
    yield from (clean for view in views if (clean := cleaned(view, most=classes + 2)))


def _identity(classes: int) -> dict[int, int]:
    return {**{label: label for label in range(classes + 1)}, IGNORE: IGNORE}


def _read(best: Candidate, classes: Sequence[str]) -> Verdict:
    reading = MaskReading(
        table=tuple(sorted(best.table.items())), by_colour=best.view.by_colour,
        nearest=best.view.nearest, other=best.other,
    )
    return Verdict(reading=reading, notice=f"The masks {best.what}; they are read as "
                                           f"{_named(best, classes)}, which agrees with the tags; "
                                           "if that is wrong, state the values in labelmap.txt "
                                           "(`name:red,green,blue::`)")


def _named(best: Candidate, classes: Sequence[str]) -> str:
    """Return a table as text, without symbols that occur in no mask."""
    names = {BACKGROUND: "background", IGNORE: "undecided", OWN_TAG: "the photo's tag"}
    names |= {place + 1: name for place, name in enumerate(classes)}
    there = set(best.view.symbols)
    parts = [
        f"{unpacked(symbol) if best.view.by_colour else symbol} = {names[label]}"
        for symbol, label in sorted(best.table.items(), key=lambda pair: pair[1] % 1000)
        if symbol in there
    ]
    if best.other is not None:
        parts.append(f"all others = {names[best.other]}")
    return ", ".join(parts[:12]) + (", ..." if len(parts) > 12 else "")
