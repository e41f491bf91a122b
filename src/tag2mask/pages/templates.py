"""What all pages share: how templates are read, the style sheet, and pictures inside the page."""

from __future__ import annotations

import base64
import io
from importlib.resources import files

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

_HOME = "delivery"


def environment(part: str = _HOME) -> Environment:
    """Read templates of a part of the package, which may include those that lie here."""
    loaders = [PackageLoader("tag2mask", home) for home in dict.fromkeys((part, _HOME))]
    return Environment(loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)


def resource(part: str, name: str) -> str:
    """Read a file of a part of the package, as a script or a style sheet."""
    return files(f"tag2mask.{part}").joinpath(name).read_text("utf-8")


def style(part: str = _HOME, name: str = "") -> Markup:
    """Give the report's style sheet, and after it one of a part's own."""
    return Markup(resource(_HOME, "report.css") + (resource(part, name) if name else ""))


def data_uri(pixels: np.ndarray, *, quality: int = 75) -> str:
    """Write a picture (H, W, 3) uint8 as WebP into a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=quality, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
