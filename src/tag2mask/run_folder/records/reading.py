"""Read typed results from the files of a run folder."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tag2mask.core.contracts import InputError
from tag2mask.core.json_fields import to_json
from tag2mask.core.json_records import read_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records.metrics import Metrics
from tag2mask.run_folder.records.old_form import old_metrics


def read_metrics(run: RunFolder) -> Metrics:
    """Read metrics.json; `Metrics.none()` if nothing has been measured yet.

    Raises:
        InputError: the file is damaged; the message names the field.
    """
    found = read_record(run.metrics, Metrics, old_form=old_metrics,
                        fix="delete it and repeat `tag2mask run`")
    if found and (place := _not_finite(to_json(found))):
        raise InputError(f"{run.metrics} is damaged ({place} is no finite number); delete it and "
                         "repeat `tag2mask run`.")
    return found or Metrics.none()


def _not_finite(content: object, place: str = "") -> str:
    """Return the place of the first number that is not finite; "" without one."""
    if isinstance(content, float):
        return "" if math.isfinite(content) else place
    entries: Iterable[tuple[object, object]] = ()
    if isinstance(content, dict):
        entries = content.items()
    elif isinstance(content, list):
        entries = enumerate(content)
    places = (_not_finite(value, f"{place}/{key}") for key, value in entries)
    return next(filter(None, places), "")
