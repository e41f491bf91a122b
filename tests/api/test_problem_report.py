"""The report for an issue has what is needed, and nothing private."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tag2mask.api.problem_report import problem_report
from tag2mask.cli import app
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config


def test_it_has_versions_settings_and_stages(copied: Path) -> None:
    """But no path, no photo and no class."""
    config = copied / "config.toml"
    changed = load_config(config).replace({"sharpen.saliency": "/home/ann/secret"})
    config.write_text(changed.to_toml(), encoding="utf-8")
    text = problem_report(copied)
    assert "torch: " in text
    assert "  sharpen.saliency = (a path)" in text
    assert "  classify.epochs = " in text
    assert "  classify: done, " in text
    for secret in ("ann", str(copied), "p05", "block"):
        assert secret not in text.replace("scanned", "")


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    """One sentence."""
    with pytest.raises(InputError, match="is no run folder"):
        problem_report(tmp_path)


def test_the_command_prints_it(finished: Path) -> None:
    """As plain lines that can be copied."""
    result = CliRunner().invoke(app, ["doctor", "--report", str(finished)])
    assert result.exit_code == 0
    assert "Stages:" in result.stdout
