"""Find another position that fits a part of the masks, such as a half that is mirrored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

_SHARE = 0.2
"""Minimum share of the masks that must fit clearly better in the other position."""

_COUNT = 6
"""Minimum number of these masks."""

_MEAN = 2.0
"""Minimum mean gain of these masks, in multiples of the smallest gain that counts."""

_RATIO = 2.0
"""Minimum ratio of what the set gains to what it usually gains in the other positions: masks that
fit their photos only by chance gain as much in any position."""

_LEAD = 1.3
"""Minimum ratio to the second-best position."""


def position_of_a_part(
    gains: Mapping[str, Sequence[float]], *, gain: float
) -> tuple[str, list[int]] | None:
    """Return the position that a part of the masks is in, and the places of these masks.

    In a healthy set hardly any mask gains in another position, and those that do gain little.

    Args:
        gains: per position the gain in fit of every mask; NaN where it is unknown.
        gain: the smallest gain that counts.
    """
    known = {name: np.array(of)[~np.isnan(of)] for name, of in gains.items()}
    score = {name: float(np.maximum(of, 0).mean()) for name, of in known.items() if of.size}
    best, *others = sorted(score, key=lambda name: -score[name]) or [""]
    if not others:
        return None
    usual = float(np.median([score[name] for name in others]))
    better = [place for place, one in enumerate(gains[best]) if one >= gain]
    if len(better) < max(_COUNT, _SHARE * len(known[best])):
        return None
    if float(np.mean([gains[best][place] for place in better])) < _MEAN * gain:
        return None
    clear = score[best] >= max(_RATIO * usual, _LEAD * score[others[0]])
    return (best, better) if clear else None
