"""Do masks and tags of a data set agree, and are the masks those of their photos?

    facts -> view -> agreement, assignment -> candidates -> verdict, causes
    fitting -> geometry, orientation                               -> settlement

A sample of the masks is compared with the tags. Masks whose values are not label numbers are read
by a table where tags confirm it, and `Dataset.notices` says so. Masks that contradict the tags or
the photos over the whole set are not scored: a wrong figure would look like a right one.
"""

from __future__ import annotations

from tag2mask.data.mask_checks.settlement import TRUSTED, settle_masks, statements

__all__ = ["TRUSTED", "settle_masks", "statements"]
