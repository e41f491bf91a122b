"""What a maintainer needs to know about a problem, and nothing private."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tag2mask.core.settings.schema import sections_of
from tag2mask.core.settings.values import write
from tag2mask.doctor import examine
from tag2mask.pipeline.config import Config, load_run_config
from tag2mask.run_folder.context import read_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.recognising import no_run
from tag2mask.stages import STAGES


def problem_report(run: Path | None = None) -> str:
    """Return versions, and of a run its changed settings and the state of its stages.

    Names of files, photos and classes are left out, and so are settings that are paths.

    Raises:
        InputError: the folder is not a run.
    """
    lines = [f"{check.name}: {check.found}" + (f" ({check.state})" if check.state != "ok" else "")
             for check in examine()]
    if run is not None:
        folder = RunFolder(run)
        if not folder.config.exists():
            raise no_run(Path(run))
        lines += ["", "Settings that differ from the defaults:", *_changed(folder),
                  "", "Stages:", *_stages(folder)]
    return "\n".join(lines) + "\n"


def _changed(run: RunFolder) -> Iterator[str]:
    config, usual = load_run_config(run.config), Config()
    for section in sections_of(Config):
        ours, theirs = vars(getattr(config, section)), vars(getattr(usual, section))
        for name, value in ours.items():
            if value != theirs[name]:
                yield f"  {section}.{name} = {_public(write(value))}"


def _public(text: str) -> str:
    """Hide a value that could be the name of a file."""
    return "(a path)" if any(mark in text for mark in "/\\~") else text


def _stages(run: RunFolder) -> Iterator[str]:
    for stage in STAGES:
        record = read_record(run, stage.name)
        if record is None:
            yield f"  {stage.name}: not started"
            continue
        state = "done" if record.done else "unfinished"
        yield (f"  {stage.name}: {state}, {record.seconds:.0f} s, "
               f"{record.peak_memory_mb:.0f} MB, {len(record.warnings)} warnings")
