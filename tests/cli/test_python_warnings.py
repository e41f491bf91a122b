"""A warning of ours is one line without a place in the code; a library's is not shown."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

import tag2mask
from tag2mask.cli.python_warnings import show_own

OURS = str(Path(tag2mask.__file__).parent / "models" / "heads" / "one.py")


def shown(capsys: pytest.CaptureFixture[str], category: type[Warning], filename: str) -> str:
    """Give what a warning prints."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        show_own()
        warnings.warn_explicit("two\nwords \x1b[31m", category, filename, 3)
    return capsys.readouterr().err


@pytest.mark.parametrize(("category", "filename", "printed"), [
    (UserWarning, OURS, "Warning: two words \\x1b[31m\n"),
    (UserWarning, "/site-packages/PIL/PngImagePlugin.py", ""),
    (DeprecationWarning, OURS, ""),
])
def test_only_ours_are_shown(
    category: type[Warning], filename: str, printed: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the library."""
    monkeypatch.setattr(sys, "warnoptions", [])
    assert shown(capsys, category, filename) == printed


def test_whoever_asks_python_gets_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With -W or PYTHONWARNINGS nothing is changed."""
    monkeypatch.setattr(sys, "warnoptions", ["default"])
    monkeypatch.setattr(warnings, "showwarning", lambda *words: sys.stderr.write("all"))
    assert shown(capsys, DeprecationWarning, "lib.py") == "all"
