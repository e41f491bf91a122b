"""Groups of settings that trade time for quality: `tag2mask run --quality`."""

from __future__ import annotations

from typing import Literal

from tag2mask.core.contracts import InputError, nearest

Quality = Literal["fast", "default", "best"]
"""Names of the groups."""

_SETTINGS: dict[Quality, tuple[str, ...]] = {
    "fast": (
        "classify.size=192", "activate.scales=1", "sharpen.second_round=false", "segment.size=192",
    ),
    "default": (),
    "best": (
        "classify.backbone=efficientnet_lite2", "classify.size=320", "sharpen.size=320",
        "segment.size=320",
    ),
}


def quality_settings(quality: Quality) -> tuple[str, ...]:
    """Return the settings of a group that differ from the defaults, as for `--set`.

    Raises:
        InputError: there is no group of that name.
    """
    if quality not in _SETTINGS:
        raise InputError(
            f"There is no quality {quality!r}; did you mean {nearest(quality, _SETTINGS)}?")
    return _SETTINGS[quality]
