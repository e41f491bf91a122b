"""Check that masks agree with the tags of a data set, and that they belong to their photos.

    facts -> view -> agreement, assignment -> candidates -> verdict, causes, untagged
    fitting -> geometry, orientation                               -> settlement

A sample of the masks is compared with the tags. Masks whose values are not label numbers are read
through a table if tags confirm it, and `Dataset.notices` reports this. Masks that contradict the
tags or the photos over the whole set are not scored: a wrong score would be indistinguishable from
a right one.
"""

from __future__ import annotations

from tag2mask.data.mask_checks.settlement import TRUSTED, settle_masks, statements

__all__ = ["TRUSTED", "settle_masks", "statements"]
