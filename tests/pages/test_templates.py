"""What all pages share."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tag2mask.pages import templates


def test_a_picture_lies_in_the_page() -> None:
    """As large as it was, and nearly what it was."""
    pixels = np.full((12, 20, 3), (200, 40, 40), np.uint8)
    kind, code = templates.data_uri(pixels).split(",")
    assert kind == "data:image/webp;base64"
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGB"))
    assert found.shape == pixels.shape
    assert np.abs(found.astype(int) - pixels).max() < 12


@pytest.mark.parametrize(("script", "told"), [({}, False), ({"script_hash": "sha256-x"}, True)])
def test_only_the_pages_own_script_may_run(script: dict[str, str], told: bool) -> None:
    """And none where a page has none; every part finds the head that lies here."""
    head = templates.environment("tag2mask.comparison").get_template("head.html").render(
        name="a<b", version="1", kind="report", style=templates.style(), **script)
    assert "default-src 'none'" in head
    assert ("script-src" in head) == told
    assert "<title>a&lt;b · tag2mask report</title>" in head
