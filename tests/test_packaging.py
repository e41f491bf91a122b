"""What is not Python but belongs to the package is listed for the wheel."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "tag2mask"


def listed() -> list[str]:
    """Read the patterns of `package-data`; tomllib is not in every Python that is supported."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"package-data\]\s*tag2mask = \[(.*?)\]", text, re.DOTALL)
    assert found is not None
    return re.findall(r'"([^"]+)"', found.group(1))


def test_other_files_go_into_the_wheel() -> None:
    """Every one of them, and no pattern is left over from another time."""
    others = {
        path for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }
    matched = {pattern: set(PACKAGE.glob(pattern)) for pattern in listed()}
    assert set().union(*matched.values()) == others
    assert all(matched.values())


def test_the_package_says_that_it_is_typed() -> None:
    """So that a user's type checker reads its annotations (PEP 561)."""
    assert (PACKAGE / "py.typed").read_bytes() == b""
    assert "py.typed" in listed()


def test_every_folder_of_code_is_a_package() -> None:
    """A folder without `__init__.py` would be missing from the wheel."""
    assert all((path.parent / "__init__.py").exists() for path in PACKAGE.rglob("*.py"))
