"""Normalisation of maps, which makes their values comparable."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from tag2mask.core.contracts import InputError, nearest

_PLACES = (2, 3)


def normalise_max(maps: Tensor) -> Tensor:
    """Divide each map by its maximum, so that its peak is 1 (or it is 0 everywhere).

    A map with negative values is divided by its largest absolute value, giving [-1, 1].

    Args:
        maps: (B, K, h, w).

    Returns:
        (B, K, h, w), 0 where it was 0.
    """
    return maps / maps.abs().amax(_PLACES, keepdim=True).clamp_min(1e-8)


def normalise_min_max(maps: Tensor) -> Tensor:
    """Scale each map to [0, 1]; a constant map becomes 0.

    Args:
        maps: (B, K, h, w).
    """
    lowest = maps.amin(_PLACES, keepdim=True)
    return (maps - lowest) / (maps.amax(_PLACES, keepdim=True) - lowest).clamp_min(1e-8)


NORMALISATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "max": normalise_max, "min_max": normalise_min_max, "none": lambda maps: maps,
}
"""The normalisations by name."""


def normalise(maps: Tensor, name: str) -> Tensor:
    """Scale each map by one of `NORMALISATIONS`.

    Raises:
        InputError: there is no normalisation with that name.
    """
    name = name.replace("-", "_")
    if name not in NORMALISATIONS:
        near = nearest(name, NORMALISATIONS)
        raise InputError(f"There is no normalisation {name!r}; did you mean {near}?")
    return NORMALISATIONS[name](maps)
