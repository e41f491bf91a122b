"""What is decided about reading all photos of a data set together, and said about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.depth import DepthRule, Values, measure
from tag2mask.data.photos import PhotoTraits, deep_sample

_PHOTOS, _VALUES = 64, 2**15
"""Photos that the range is measured on, and values of each."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """How photos are read."""

    depth_range: tuple[float, float] | None = None
    """Values that become black and white in photos of more than 8 bits per channel, as in 0,4095;
    "none" measures the range in use on a sample of the photos."""

    def __post_init__(self) -> None:
        """Refuse a range without an extent."""
        if self.depth_range is not None:
            DepthRule(low=self.depth_range[0], high=self.depth_range[1])


def depth_of(dataset: Dataset) -> DepthRule | None:
    """Return the rule that all photos of a data set share; None where they have 8 bits."""
    return next((photo.depth for photo in dataset.photos), None)


def with_depth(dataset: Dataset, rule: DepthRule | None) -> Dataset:
    """Return the data set with a rule for all photos."""
    return replace(dataset, photos=tuple(replace(p, depth=rule) for p in dataset.photos))


def overridden(dataset: Dataset, config: DataConfig) -> Dataset:
    """Return the data set read by the settings, where they say how and photos are deep."""
    measured = depth_of(dataset)
    if config.depth_range is None or measured is None:
        return dataset
    low, high = config.depth_range
    return with_depth(dataset, DepthRule(low=low, high=high, nodata=measured.nodata))


def settle_reading(dataset: Dataset, traits: Sequence[PhotoTraits]) -> Dataset:
    """Choose the depth rule, and add a notice for all that was decided about photos.

    Args:
        dataset: checked.
        traits: of its photos, in their order.
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
    """Measure the range on photos spread evenly over all that are deep."""
    samples: list[Values] = []
    for place in range(min(_PHOTOS, len(deep))):
        photo = deep[place * len(deep) // min(_PHOTOS, len(deep))]
        try:
            samples.append(deep_sample(photo.path, most=_VALUES))
        except InputError:  # replaced since it was checked
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
