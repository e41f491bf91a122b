"""Every picture in the repository has a row that says where it comes from."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".bmp", ".tif", ".tiff"}
FOLDERS = ("docs", "examples", "notebooks", "src", "tests", "benchmarks", "configs")


def _pictures() -> set[str]:
    """Return pictures, and pages in docs/ with pictures inside."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")
             if "node_modules" not in path.parts] + list(ROOT.glob("*.*"))
    return {path.relative_to(ROOT).as_posix() for path in paths if path.is_file()
            and (path.suffix.lower() in SUFFIXES or _holds_pictures(path))}


def _holds_pictures(page: Path) -> bool:
    return page.suffix == ".html" and (ROOT / "docs") in page.parents \
        and "data:image/" in page.read_text(encoding="utf-8")


def test_every_picture_is_listed() -> None:
    """And every listed one exists, as does the script that draws it."""
    text = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\S+)` \|.*\| `(?:python ([^\s`]+)|tag2mask)[^|]*\|$", text,
                      re.MULTILINE)
    assert {file for file, _ in rows} == _pictures()
    assert all((ROOT / script).is_file() for _, script in rows if script)
