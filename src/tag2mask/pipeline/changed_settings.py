"""The settings in which a run differs from the command before it, also after an update."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from tag2mask.core.contracts import InputError
from tag2mask.core.settings.schema import keys_of
from tag2mask.core.settings.values import write
from tag2mask.core.wording import listing
from tag2mask.pipeline.config import Config, load_run_config
from tag2mask.run_folder.folder import RunFolder

_NAMED = 6


def changes_sentence(run: RunFolder, config: Config) -> str:
    """Return which settings are not those of the last command on the run; "" if none are.

    Nobody may have changed them: the default of a newer version can be another one.
    """
    try:
        before = load_run_config(run.config) if run.config.exists() else config
    except InputError:  # of a version with other settings; it is written again
        return ""
    changes = list(_changes(before, config))
    return f"settings that differ from the run so far: {listing(changes, most=_NAMED)}" \
        if changes else ""


def _changes(before: Config, now: Config) -> Iterator[str]:
    for key in keys_of(Config):
        old, new = map(attrgetter(key), (before, now))
        if old != new:
            yield f"{key}={write(new)} (before: {write(old)})"
