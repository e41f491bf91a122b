"""Write the HTML report."""

from __future__ import annotations

from tag2mask.core.processes import is_first
from tag2mask.run_folder.context import Context, Record
from tag2mask.stages.report.page import write_report


def report(context: Context, config: None, record: Record) -> None:
    """Write `report.html` from the results of the other stages; only in the first process."""
    if is_first():
        write_report(context.run)
