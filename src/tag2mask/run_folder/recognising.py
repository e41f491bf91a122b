"""Tell run folders from folders of predictions and others, and say what one looks like."""

from __future__ import annotations

from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import read_json
from tag2mask.run_folder.folder import RunFolder

_CONTENT = frozenset({"photos", "classes"})
"""Keys in the data.json of a run."""
_NAMED = 3

PREDICTION = "prediction"
"""Layout in the data.json that `predict` writes beside its masks."""


def is_run(run: RunFolder) -> bool:
    """Return whether the folder has the data.json of a run."""
    content = read_json(run.data) if run.data.is_file() else {}
    return content.keys() >= _CONTENT and content.get("layout") != PREDICTION


def is_prediction(run: RunFolder) -> bool:
    """Return whether the folder has the data.json that `predict` writes."""
    return run.data.is_file() and read_json(run.data).get("layout") == PREDICTION


def no_run(root: Path) -> InputError:
    """Describe why a folder is no run folder, and name runs inside it."""
    if not root.is_dir():
        why = "it does not exist" if not root.exists() else "it is a file"
    elif is_prediction(RunFolder(root)):
        why = "it holds masks that `tag2mask predict` wrote"
    else:
        why = "it has no data.json, or one of something else"
    inside = sorted(
        path.parent for path in root.glob("*/data.json") if is_run(RunFolder(path.parent)))
    if inside:
        names = " or ".join(map(str, inside[:_NAMED]))
        return InputError(f"{root} is no run folder: {why}; did you mean {names}?")
    return InputError(
        f"{root} is no run folder: {why}; give the folder that was --out of "
        "`tag2mask run DATA --out RUN`, which holds config.toml, data.json and stages/.")


def refuse_no_run(root: Path) -> None:
    """Raise an error unless the folder is that of a run.

    Raises:
        InputError: it is not.
    """
    if not is_run(RunFolder(root)):
        raise no_run(root)
