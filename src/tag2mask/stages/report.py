"""Write the page that a person reads."""

from __future__ import annotations

from tag2mask.delivery.report import write_report
from tag2mask.stages.context import Context, Record


def report(context: Context, config: None, record: Record) -> None:
    """Write `report.html` from what the other stages left."""
    write_report(context.run)
