"""The names that the package shows are there, and cost nothing until they are used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tag2mask

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", tag2mask.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Each is found in its home on first use."""
    assert getattr(tag2mask, name) is not None
    assert name in dir(tag2mask)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'segmnt'"):
        _ = tag2mask.segmnt


def test_the_version_is_the_packages() -> None:
    """It stands twice, because reading it from the installation would be slow."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "(.+)"$', text, re.MULTILINE)
    assert found is not None
    assert found.group(1) == tag2mask.__version__
