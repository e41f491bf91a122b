"""Read masks by labelmap.txt: by its colours, or label masks by the order of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.data.mask_checks.agreement import agreement
from tag2mask.data.mask_checks.facts import MaskFacts
from tag2mask.data.mask_checks.labelmap import Labelmap
from tag2mask.data.mask_checks.verdict import GOOD, HEALTHY, Verdict, judge_table
from tag2mask.data.mask_checks.view import View, make_view
from tag2mask.data.mask_reading import MaskReading

_STRANGE = 0.2
"""Share of the masks with a value outside of the table up to which the table describes them."""

_CLEAR = 0.1
"""Minimum F1 distance between two ways to read label masks."""

_WHITE = 0xFFFFFF

_PASSED_OVER = ("{} does not list the values of the masks, which are grey or palette pictures, so "
                "it is not used; list the grey value of each class there (`name:1,1,1::`), or "
                "remove it.")


def judge_stated(
    facts: Sequence[MaskFacts], stated: Labelmap, path: Path, classes: Sequence[str]
) -> Verdict | str:
    """Read the masks by the table that the user stated.

    Grey and palette masks whose values the table does not list hold numbers of labels. These count
    the lines of the table, as other programs write them, or the classes; the tags decide.

    Args:
        facts: the sample.
        stated: contents of labelmap.txt.
        path: that file.
        classes: K names.

    Returns:
        The decision; or, if the values are to be judged as without labelmap.txt, a sentence that
            reports it, "" if labelmap.txt does not contradict them.
    """
    colour = any(one.kind == "colour" for one in facts)
    table = stated.colours if colour else {_WHITE: IGNORE, **stated.colours}
    strange = _strange_share(facts, table)
    if colour or strange <= _STRANGE:
        blended = strange > _STRANGE or any(one.jpeg for one in facts)
        return judge_table(facts, table, path, len(classes), nearest=blended)
    view = make_view(facts, by_colour=False)
    identity = {label: label for label in range(len(classes) + 1)} | {IGNORE: IGNORE}
    scored = [(_score(view, one, len(classes)), one) for one in (identity, *stated.by_line())]
    best, table = max(scored, key=lambda pair: pair[0])
    if best < (HEALTHY if _same(table, identity, view) else GOOD):
        return _PASSED_OVER.format(path)
    if any(score + _CLEAR > best and not _same(one, table, view) for score, one in scored):
        return Verdict(doubt=f"{path} does not list their values, and the tags do not show whether "
                             "they number its lines or the classes; list the grey value of each "
                             "class there (`name:1,1,1::`)")
    if not _same(table, identity, view):
        return _by_line(table, view, path, classes)
    in_order = any(_same(one, identity, view) for one in stated.by_line())
    return "" if in_order else _PASSED_OVER.format(path)


def _strange_share(facts: Sequence[MaskFacts], table: Mapping[int, int]) -> float:
    """Return the share of masks with an unlisted colour among those that are not empty."""
    drawn = [one for one in facts if any(table.get(c) != BACKGROUND for c in one.colours)]
    strange = sum(any(colour not in table for colour in one.colours) for one in drawn)
    return strange / max(1, len(drawn))


def _score(view: View, table: Mapping[int, int], classes: int) -> float:
    found = agreement(view, table, classes=classes)
    return 0.0 if found.unread_share > _STRANGE / 4 else found.score


def _same(first: Mapping[int, int], second: Mapping[int, int], view: View) -> bool:
    return all(first.get(symbol) == second.get(symbol) for symbol in view.symbols)


def _by_line(
    table: Mapping[int, int], view: View, path: Path, classes: Sequence[str]
) -> Verdict:
    names = ["background", *classes]
    there = [(value, label) for value, label in sorted(table.items()) if value in view.symbols]
    listed = ", ".join(
        f"{value} = {'undecided' if label == IGNORE else names[label]}" for value, label in there
    )
    return Verdict(
        reading=MaskReading(table=tuple(sorted(table.items()))),
        notice=f"The masks hold no colours of {path}, but the numbers of its lines; they are read "
               f"as {listed}, which agrees with the tags",
    )
