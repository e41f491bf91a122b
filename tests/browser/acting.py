"""What a person does at the page and reads from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def all_saved(page: Any) -> None:  # noqa: ANN401
    """Wait until the page says so."""
    page.locator("#saved", has_text=re.compile("^Saved$")).wait_for()


def left(page: Any, name: str) -> None:  # noqa: ANN401
    """Wait until another photo than `name` is open."""
    page.locator("#name", has_text=re.compile(f"^(?!{name}$)")).wait_for()


def at(page: Any, x: float, y: float) -> tuple[float, float]:  # noqa: ANN401
    """Give the point of the window that shows a pixel of the photo."""
    box = page.locator("#canvas").bounding_box()
    left, top, scale = page.evaluate("[tag2mask.view.left, tag2mask.view.top, tag2mask.view.scale]")
    return box["x"] + left + x * scale, box["y"] + top + y * scale


def click(page: Any, x: float, y: float, button: str = "left") -> None:  # noqa: ANN401
    """Click a pixel of the photo, and wait for the answer to be saved."""
    page.mouse.click(*at(page, x, y), button=button)
    page.evaluate("tag2mask.tools.answers")


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:  # noqa: ANN401
    """Drag from pixel to pixel."""
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=5)
    page.mouse.up()


def go(page: Any, name: str) -> None:  # noqa: ANN401
    """Open a photo of the list."""
    page.locator(".photo", has_text=name).first.click()
    page.locator("#name", has_text=re.compile(f"^{re.escape(name)}$")).wait_for()


def labels(page: Any) -> np.ndarray:  # noqa: ANN401
    """Read the mask that the page shows."""
    values, width = page.evaluate("[[...tag2mask.editor.labels], tag2mask.editor.width]")
    return np.array(values, np.uint8).reshape(-1, width)


def saved(page: Any, file: Path) -> np.ndarray:  # noqa: ANN401
    """Wait until all is saved, and read the file."""
    all_saved(page)
    with Image.open(file) as picture:
        return np.asarray(picture)
