"""Read typed results from the files of a run folder."""

from __future__ import annotations

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
    return found or Metrics.none()
