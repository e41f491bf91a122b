"""Imports run downward only: a room knows nothing of the rooms above it or beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tag2mask"

ROWS = (
    ("__main__", "contracts", "files"),
    ("cli",),
    ("api",),
    ("review",),
    ("advice", "comparison", "diagnosis", "doctor", "planning"),
    ("pipeline",),
    ("profiling",),
    ("stages",),
    ("prediction", "compat"),
    ("sharpening",),
    ("training",),
    ("strategies",),
    ("models",),
    ("maps", "pseudo_masks"),
    ("crf", "interchange"),
    ("metrics", "pictures", "pages"),
    ("run_folder",),
    ("data",),
    ("annotation",),
    ("core",),
)
"""The rooms of the house, highest first; `contracts` and `files` are former names of modules."""

HEIGHT = {room: len(ROWS) - row for row, rooms in enumerate(ROWS) for room in rooms}
STAGE_FILES = {"stage"}
"""What the folder of the stages holds besides the stages."""

FILES = [path.relative_to(SOURCE) for path in sorted(SOURCE.rglob("*.py"))
         if path != SOURCE / "__init__.py"]


def module_of(file: Path) -> str:
    """Name the module in a file below the package, without "tag2mask"."""
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path, *, at_once: bool = False) -> Iterator[str]:
    """Yield what a file imports from the package; `at_once` only what it needs to be loaded."""
    tree = ast.parse((SOURCE / file).read_text(encoding="utf-8"))
    for node in tree.body if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.partition(".")[2] for name in names if name.split(".")[0] == "tag2mask")


def mistakes(module: str, target: str) -> Iterator[str]:
    """Say what is wrong with one import."""
    own, other = module.split("."), target.split(".")
    if other == ["__version__"]:
        return
    if other[0] not in HEIGHT:
        yield f"{module} imports {target} from the package itself"
    elif own[0] != other[0] and HEIGHT[other[0]] >= HEIGHT[own[0]]:
        place = "beside" if HEIGHT[other[0]] == HEIGHT[own[0]] else "above"
        yield f"{module} imports {target}, which is {place} it"
    elif own[0] == other[0] == "stages" and len(own) > 1 and other[1] not in STAGE_FILES \
            and own[1] != other[1] and other[1:] != ["STAGES"]:
        yield f"{module} imports another stage, {target}"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_run_downward(file: Path) -> None:
    """One test for every module; imports inside functions and for types count too."""
    found = [line for target in imports(file) for line in mistakes(module_of(file), target)]
    assert not found


def test_no_two_modules_need_each_other() -> None:
    """Within a room there is no circle either."""
    modules = {module_of(file): file for file in FILES}
    needs = {
        module: {target if target in modules else target.rpartition(".")[0]
                 for target in imports(file, at_once=True)} & modules.keys() - {module}
        for module, file in modules.items()
    }
    while free := [module for module, needed in needs.items() if not needed & needs.keys()]:
        for module in free:
            del needs[module]
    assert not needs, f"a circle among {', '.join(needs)}"


def test_every_room_has_its_row() -> None:
    """A new folder or module at the top must be placed."""
    rooms = {file.parts[0].removesuffix(".py") for file in FILES}
    assert rooms == HEIGHT.keys()


@pytest.mark.parametrize(("module", "target", "wrong"), [
    ("data.photos", "stages.sharpen.run.sharpen", True), ("data.photos", "maps.cam", True),
    ("data.photos", "core.contracts.IGNORE", False), ("cli.tables", "data.photos", False),
    ("stages.label.run", "stages.segment.run", True), ("stages.label.run", "stages.stage", False),
    ("comparison.page", "diagnosis.page", True), ("doctor", "__version__", False),
    ("doctor", "run", True),
])
def test_the_rule_can_fail(module: str, target: str, wrong: bool) -> None:
    """The rule itself, on imports that are wrong and right."""
    assert bool(list(mistakes(module, target))) is wrong
