"""Candidate tables from stored values to labels, the most common conventions first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.data.mask_checks.agreement import OWN_TAG
from tag2mask.data.mask_checks.assignment import best_assignment, co_occurrence, unique_classes
from tag2mask.data.mask_checks.view import View
from tag2mask.data.masks import palette

_LEAST = 0.9
"""Minimum F1 at which a value may represent a class."""

_MARGIN = 0.1
"""Minimum F1 distance to the second-best class of a value."""

_VOID_COLOURS = (0xE0E0C0, 0xFFFFFF)
_THICK = 3
"""Minimum ratio of the object's area to that of the undecided border around it."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One table and its description."""

    view: View
    """Description of its symbols."""
    table: dict[int, int] = field(hash=False)
    """Table from symbols to labels or `OWN_TAG`."""
    what: str
    """Clause that completes "The masks ..."."""
    other: int | None = None
    """Label of all other symbols: K + 1 classes are too few for instances; None: refused."""
    sure: bool = True
    """Whether agreement with the tags suffices; otherwise the masks are doubted."""

    @property
    def classless(self) -> bool:
        """Whether what is drawn is of the photo's own tag, whatever that is."""
        return OWN_TAG in (*self.table.values(), self.other)


def candidates(view: View, classes: int, *, stated: bool) -> Iterator[Candidate]:
    """Yield the plausible tables.

    Args:
        view: the sample.
        classes: K.
        stated: whether the user stated the order of the labels, so that other orders contradict it.
    """
    if view.by_colour:
        yield from _usual_colours(view, classes)
    yield from _of_one_class(view, classes)
    if not view.by_colour:
        yield from _from_zero(view, classes)
        yield from _in_steps(view, classes)
    yield from _by_tags(view, classes, stated=stated)


def background_symbol(view: View) -> int:
    """Return the symbol that occurs in most masks; 0 wins ties, then the larger area."""
    seen = {s: sum(s in row for row in view.rows) for s in view.symbols}
    if not seen:
        return 0
    if seen.get(0, 0) >= 0.9 * max(seen.values()):
        return 0
    areas = view.areas
    return max(seen, key=lambda symbol: (seen[symbol], areas[symbol]))


def is_numbered(view: View) -> bool:
    """Return whether the values in each mask run from 1 without a gap, as instance numbers do."""
    ground = background_symbol(view)
    drawn = [sorted(set(row) - {ground}) for row in view.rows]
    drawn = [symbols for symbols in drawn if symbols]
    runs = sum(symbols == list(range(1, len(symbols) + 1)) for symbols in drawn)
    return not view.by_colour and ground == 0 and runs >= 0.9 * len(drawn)


def _usual_colours(view: View, classes: int) -> Iterator[Candidate]:
    colours = palette(classes + 1).astype(int)[: classes + 1]
    table = {int(r << 16 | g << 8 | b): label for label, (r, g, b) in enumerate(colours)}
    table |= {colour: IGNORE for colour in _VOID_COLOURS if colour not in table}
    yield Candidate(view=view, table=table, what="have the colours of Pascal VOC")


def _of_one_class(view: View, classes: int) -> Iterator[Candidate]:
    """Yield object-and-background tables: one class, or one tag per photo."""
    symbols = view.symbols
    label = 1 if classes == 1 else OWN_TAG
    if classes > 1 and not view.one_tag:
        return
    what = "only distinguish the object from the background"
    if len(symbols) == 2:
        low, high = symbols
        yield Candidate(view=view, table={low: BACKGROUND, high: label}, what=what)
        yield Candidate(view=view, table={low: label, high: BACKGROUND},
                        what=f"{what}, which is the brighter one")
    if len(symbols) == 3:
        yield from _with_border(view, symbols, label, what)
    if not view.nearest and len(symbols) > 2:
        yield Candidate(view=view, table={background_symbol(view): BACKGROUND}, other=label,
                        what="number the objects", sure=is_numbered(view))


def _with_border(
    view: View, symbols: list[int], label: int, what: str
) -> Iterator[Candidate]:
    """Yield tables of background, object and an undecided border, the smaller of the two."""
    ground, areas = background_symbol(view), view.areas
    small, large = sorted((s for s in symbols if s != ground), key=lambda s: areas[s])
    yield Candidate(
        view=view, table={ground: BACKGROUND, large: label, small: IGNORE},
        what=f"{what} and from an undecided border", sure=areas[large] >= _THICK * areas[small],
    )


def _from_zero(view: View, classes: int) -> Iterator[Candidate]:
    """Yield tables in which class k has the value k, and the background another value or none."""
    table = {label: label + 1 for label in range(classes)}
    for ground in (IGNORE, classes):
        yield Candidate(view=view, table={**table, ground: BACKGROUND},
                        what=f"number the classes from 0, with {ground} for the background")


def _in_steps(view: View, classes: int) -> Iterator[Candidate]:
    """Yield tables of labels spread over the grey range, by a factor or evenly."""
    symbols = view.symbols
    steps = [symbols[1] - symbols[0]] if len(symbols) > 1 and symbols[0] == 0 else []
    steps += [IGNORE // classes, 256 // (classes + 1), IGNORE // (classes + 1), 257]
    for step in dict.fromkeys(step for step in steps if step > 1):
        table = {step * label: label for label in range(classes + 1)}
        void = step * IGNORE if step == 257 else IGNORE
        table.setdefault(void, IGNORE)
        yield Candidate(view=view, table=table, what=f"have {step} times the labels as values")
    if len(symbols) in (classes + 1, classes + 2):
        table = {symbol: label for label, symbol in enumerate(symbols[: classes + 1])}
        if symbols[classes + 1 :] in ([], [IGNORE], [65535]):
            table |= dict.fromkeys(symbols[classes + 1 :], IGNORE)
            yield Candidate(view=view, table=table, what="have a value per label, in their order")


def _by_tags(view: View, classes: int, *, stated: bool) -> Iterator[Candidate]:
    """Yield tables in which every value is the class that occurs with it."""
    ground, sure = background_symbol(view), view.by_colour or not stated
    void = _VOID_COLOURS if view.by_colour else (IGNORE,)
    others = [s for s in view.symbols if s != ground]
    gain = co_occurrence(view, others, classes=classes)
    undecided = {s for s, row in zip(others, gain, strict=True) if s in void and row.max() < _LEAST}
    what = "have values in another order than the classes" if not view.by_colour \
        else "have colours that occur with the classes' tags"
    clear = unique_classes(gain, least=_LEAST, margin=_MARGIN)
    for chosen, certain in ((clear, sure), (best_assignment(gain), False)):
        table = {ground: BACKGROUND, **dict.fromkeys(undecided, IGNORE)}
        pairs = zip(others, chosen, strict=True)
        table |= {s: k + 1 for s, k in pairs if s not in undecided and k >= 0}
        yield Candidate(view=view, table=table, what=what, sure=certain)
