"""Sheets of pictures: a grid with titles, and a legend of class colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.pictures.colours import class_colours, css
from tag2mask.pictures.lettering import fit


def grid(rows: Sequence[Sequence[np.ndarray]], *, titles: Sequence[str] = (),
         cell: int = 240, gap: int = 8) -> Image.Image:
    """Arrange pictures in rows and columns on white; a row has the height of its highest picture.

    Args:
        rows: pictures (H, W, 3) uint8; sizes may differ, rows may be of different lengths.
        titles: titles of the columns; no titles by default.
        cell: long side of each picture in pixels.
        gap: space between cells in pixels.

    Returns:
        one RGB picture.
    """
    columns = max([len(titles), *(len(row) for row in rows)], default=0)
    fitted = [[_fitted(picture, cell) for picture in row] for row in rows]
    heights = [max((picture.height for picture in row), default=0) + gap for row in fitted]
    top = gap + (24 if titles else 0)
    sheet = Image.new("RGB", (gap + columns * (cell + gap), top + sum(heights)), "white")
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles):
        line, face = fit(title, 15, cell)
        draw.text((gap + column * (cell + gap), gap), line, fill="#333333", font=face)
    for row, height in zip(fitted, heights, strict=True):
        for column, picture in enumerate(row):
            left = gap + column * (cell + gap) + (cell - picture.width) // 2
            sheet.paste(picture, (left, top + (height - gap - picture.height) // 2))
        top += height
    return sheet


def legend(classes: Sequence[str], *, labels: Sequence[int] | None = None,
           width: int = 480) -> Image.Image:
    """Draw a swatch and the name of each class, with line breaks as required.

    Args:
        classes: names of labels 1, 2, ...
        labels: the labels to show; all by default. 255 is shown as "undecided".
        width: width of the picture in pixels.

    Returns:
        one RGB picture of the required height.
    """
    shown = list(labels if labels is not None else range(1, len(classes) + 1))
    names = [fit(_name_of(label, classes), 14, width - 40) for label in shown]
    places, height = _flow([face.getlength(name) + 40 for name, face in names], width, line=24)
    sheet = Image.new("RGB", (width, max(height, 1)), "white")
    draw = ImageDraw.Draw(sheet)
    for label, (name, face), (left, top) in zip(shown, names, places, strict=True):
        box = (left + 6, top + 6, left + 18, top + 18)
        draw.rounded_rectangle(box, 3, fill=css(class_colours()[label]))
        draw.text((left + 24, top + 3), name, fill="#333333", font=face)
    return sheet


def _fitted(picture: np.ndarray, cell: int) -> Image.Image:
    """Resize a picture to a long side of `cell` pixels."""
    image = Image.fromarray(picture)
    width, height = (max(1, round(side * cell / max(image.size))) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _name_of(label: int, classes: Sequence[str]) -> str:
    if label == IGNORE:
        return "undecided"
    if label == BACKGROUND:
        return "background"
    return classes[label - 1] if label <= len(classes) else f"label {label}"


def _flow(widths: Sequence[float], width: int, *, line: int) -> tuple[list[tuple[int, int]], int]:
    """Lay out boxes in lines; return the (left, top) of each, and the total height."""
    places, left, top = [], 0.0, 0
    for own in widths:
        if left and left + own > width:
            left, top = 0.0, top + line
        places.append((int(left), top))
        left += own
    return places, (top + line if places else 0)
