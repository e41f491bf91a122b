"""Decide how to read all photos of a data set together, and report these decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.depth import DepthRule, Values, measure
from tag2mask.data.photos import PhotoTraits, deep_sample

_PHOTOS, _VALUES = 64, 2**15
"""Number of photos that the range is measured on, and number of values of each."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """How photos are read."""

    depth_range: tuple[float, float] | None = None
    """Values that become black and white in photos of more than 8 bits per channel, as in 0,4095;
    "none" measures the range in use on a sample of the photos."""

    def __post_init__(self) -> None:
        """Check that the range is valid."""
        if self.depth_range is not None:
            DepthRule(low=self.depth_range[0], high=self.depth_range[1])


def depth_of(dataset: Dataset) -> DepthRule | None:
    """Return the rule that all photos of a data set share; None if they have 8 bits."""
    return next((photo.depth for photo in dataset.photos), None)


def with_depth(dataset: Dataset, rule: DepthRule | None) -> Dataset:
    """Return the data set with one rule for all photos."""
    return replace(dataset, photos=tuple(replace(p, depth=rule) for p in dataset.photos))


def overridden(dataset: Dataset, config: DataConfig) -> Dataset:
    """Return the data set with the rule in the settings, if there is one and photos are deep."""
    measured = depth_of(dataset)
    if config.depth_range is None or measured is None:
        return dataset
    low, high = config.depth_range
    return with_depth(dataset, DepthRule(low=low, high=high, nodata=measured.nodata))


def settle_reading(dataset: Dataset, traits: Sequence[PhotoTraits]) -> Dataset:
    """Choose the depth rule, and add notices on all decisions about photos.

    Args:
        dataset: a checked data set.
        traits: traits of its photos, in the same order.
    """
    seen = list(zip(dataset.photos, traits, strict=True))
    deep = [photo for photo, trait in seen if trait.deep]
    rule = _measured(deep)
    notices = [_depth_notice(rule, len(deep), len(seen))] if rule else []
    notices += _notices(seen)
    if not notices:
        return dataset
    return replace(with_depth(dataset, rule), notices=dataset.notices + tuple(notices))


def _measured(deep: Sequence[Photo]) -> DepthRule | None:
    """Measure the range on photos spaced evenly over all deep ones."""
    samples: list[Values] = []
    for place in range(min(_PHOTOS, len(deep))):
        photo = deep[place * len(deep) // min(_PHOTOS, len(deep))]
        try:
            samples.append(deep_sample(photo.path, most=_VALUES))
        except InputError:  # the file was replaced after the check
            continue
    return measure(samples) if samples else None


def _depth_notice(rule: DepthRule, deep: int, total: int) -> str:
    gone = "" if rule.nodata is None else f" {rule.nodata:g} is taken for missing data."
    return (f"{deep:,} of {total:,} photos have more than 8 bits per channel: in all of them "
            f"{rule.low:g} becomes black and {rule.high:g} white, the range in use in "
            f"{min(deep, _PHOTOS)} of them; set data.depth_range=LOW,HIGH to change it.{gone}")


def _notices(seen: Sequence[tuple[Photo, PhotoTraits]]) -> list[str]:
    kinds: list[tuple[Callable[[PhotoTraits], bool], str]] = [
        (lambda trait: trait.pages > 1,
         "hold several pages or frames, of which only the first is read; save the others as files "
         "of their own to use them"),
        (lambda trait: trait.alpha_dropped,
         "have a fourth channel that varies with the content, so it is not taken for transparency "
         "and only red, green and blue are used"),
        (lambda trait: trait.end_missing,
         "lack the end of their file, but are read because hardly a pixel is missing"),
    ]
    messages = []
    for fits, sentence in kinds:
        found = [photo.name for photo, trait in seen if fits(trait)]
        if found:
            messages.append(f"{len(found):,} of {len(seen):,} photos {sentence} "
                            f"(for example {found[0]}).")
    return messages
