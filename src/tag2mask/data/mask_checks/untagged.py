"""Name photos whose masks show a class that the photos are not tagged with."""

from __future__ import annotations

from collections.abc import Sequence

from tag2mask.core.wording import agreed
from tag2mask.data.mask_checks.facts import MaskFacts

_LEAST = 0.01
"""Share of a mask's pixels from which a class counts as shown."""

_NAMED = 3


def untagged_sentence(facts: Sequence[MaskFacts], classes: Sequence[str]) -> str:
    """Say which masks, whose values are the labels, show more than their tags; "" if none does.

    Args:
        facts: the sample.
        classes: K names.
    """
    found = [(one.photo.name, shown) for one in facts if (shown := _untagged(one, len(classes)))]
    if not found:
        return ""
    named = ", ".join(f"{name} ({classes[shown[0] - 1]})" for name, shown in found[:_NAMED])
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return agreed(f"{len(found):,} of {len(facts):,} masks that were looked at show a class that "
                  f"the photo is not tagged with: {named}{more}. Correct the tags or the masks.")


def _untagged(one: MaskFacts, num_classes: int) -> list[int]:
    """Return the labels that are no tags of the photo, and cover at least `_LEAST` of its mask."""
    least = _LEAST * sum(one.values.values())
    return [label for label, pixels in sorted(one.values.items())
            if 1 <= label <= num_classes and pixels >= least and label - 1 not in one.photo.tags]
