"""The key of a machine changes with what a choice depends on."""

from __future__ import annotations

import platform
from importlib import metadata

import pytest

from tag2mask.core.machine import machine_key


def test_the_key_names_versions_and_is_stable() -> None:
    """Those of the packages that were asked for, missing ones too."""
    key = machine_key("numpy", "no-such-package")
    assert key == machine_key("numpy", "no-such-package")
    assert f"numpy {metadata.version('numpy')}; no-such-package missing" in key


def test_another_processor_is_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with the same software."""
    here = machine_key("numpy")
    monkeypatch.setattr(platform, "machine", lambda: "another")
    assert machine_key("numpy") != here
