"""Imports run downward only, never along a row: what lies below knows nothing of what is above."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tag2mask"

ROWS = (
    ("__main__",),
    ("cli",),
    ("assessment",),
    ("pipeline", "doctor"),
    ("config",),
    ("stages",),
    ("interchange",),
    ("strategies", "delivery"),
    ("classification", "sharpening", "segmentation", "compat"),
    ("backbones", "activation", "pseudo_masks", "filtering", "training", "data", "evaluation"),
    ("settings", "progress", "files"),
    ("core",),
    ("contracts",),
)
"""The parts of the house, highest first."""

SHARED_BY_STAGES = {
    "background", "context", "crf_choice", "erased_photos", "erasing", "map_reading", "mask_losses",
    "mask_making", "mask_training", "masked_crops", "networks", "photo_scores", "photos",
    "refining", "score_figures", "scores", "self_training", "split_scores", "tag_fitting",
    "tag_rounds", "tag_training", "trust_scores",
}
"""Pieces of `stages` that every stage may use; the stages themselves meet in the run folder."""

HEIGHT = {part: len(ROWS) - row for row, parts in enumerate(ROWS) for part in parts}
FILES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))


def module_of(file: Path) -> tuple[str, ...]:
    """Name the module in a file below the package, without "tag2mask"."""
    return file.with_suffix("").parts[: -1 if file.name == "__init__.py" else None]


def imported(file: Path) -> Iterator[tuple[str, ...]]:
    """Give what a file imports of the package, inside functions and for types too."""
    for node in ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (tuple(name.split(".")[1:]) for name in names if is_ours(name))


def is_ours(name: str) -> bool:
    """Tell the package's own modules from others."""
    return name.split(".")[0] == "tag2mask"


def mistakes(file: Path, target: tuple[str, ...]) -> Iterator[str]:
    """Say what is wrong with one import."""
    own, other = module_of(file)[0], target[0]
    if other not in HEIGHT:
        if other != "__version__":
            yield f"{file} imports {other} from the package itself"
    elif own != other and HEIGHT[other] >= HEIGHT[own]:
        beside = "beside" if HEIGHT[other] == HEIGHT[own] else "above"
        yield f"{file} imports {'.'.join(target)}, which lies {beside} it"
    elif own == other == "stages" and target[1] not in {*SHARED_BY_STAGES, "STAGES"}:
        yield f"{file} imports another stage, {'.'.join(target)}"


@pytest.mark.parametrize("file", [f for f in FILES if f != Path("__init__.py")], ids=str)
def test_imports_run_downward(file: Path) -> None:
    """Of every module, one test each."""
    assert not [told for target in imported(file) for told in mistakes(file, target)]


def test_every_part_has_its_row() -> None:
    """A new folder or module at the top must be placed."""
    parts = {file.parts[0].removesuffix(".py") for file in FILES} - {"__init__"}
    assert parts <= HEIGHT.keys()


def test_what_this_test_holds_can_fail() -> None:
    """The rule itself, on imports that are wrong and right."""
    for file, target, wrong in [
        ("data/photos.py", "stages.photos", True), ("data/photos.py", "activation.cam", True),
        ("data/photos.py", "contracts.IGNORE", False), ("cli/tables.py", "data.photos", False),
        ("stages/label.py", "stages.segment.segment", True),
        ("stages/label.py", "stages.context.Context", False), ("doctor.py", "__version__", False),
        ("settings/values.py", "progress.Bar", True), ("doctor.py", "run", True),
    ]:
        assert bool(list(mistakes(Path(file), tuple(target.split("."))))) is wrong, (file, target)
