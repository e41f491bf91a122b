"""Let later stages begin in the background what can be done while earlier ones run."""

from __future__ import annotations

from contextlib import ExitStack

from tag2mask.pipeline.config import Config
from tag2mask.pipeline.fingerprint import settings_of
from tag2mask.run_folder.context import Context, read_record
from tag2mask.stages import STAGES


def begin_ahead(held: ExitStack, context: Context, config: Config, until: str) -> None:
    """Begin it for every stage that is still to run after another one.

    Args:
        held: ends it at the latest when the run ends.
        context: the run.
        config: its settings.
        until: the last stage.
    """
    waits = False
    for stage in STAGES:
        record = read_record(context.run, stage.name)
        if record is None or not record.done:
            if waits:
                held.enter_context(stage.begin_ahead(context, settings_of(stage, config)))
            waits = True
        if stage.name == until:
            return
