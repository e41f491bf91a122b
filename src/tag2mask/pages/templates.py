"""Shared by all pages: the template environment, the style sheet, and embedded pictures."""

from __future__ import annotations

import base64
import io
from importlib.resources import files

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

_HOME = "tag2mask.pages"


def environment(package: str) -> Environment:
    """Return an environment for the templates of `package`, which may include those of `pages`."""
    loaders = [PackageLoader(home, "") for home in (package, _HOME)]
    return Environment(loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)


def resource(package: str, name: str) -> str:
    """Read a file of `package`, such as a script or a style sheet."""
    return files(package).joinpath(name).read_text("utf-8")


def style(package: str = _HOME, name: str = "") -> Markup:
    """Return the common style sheet, followed by the style sheet `name` of `package` if given."""
    shared = resource(_HOME, "palette.css") + resource(_HOME, "page.css")
    return Markup(shared + (resource(package, name) if name else ""))


def data_uri(pixels: np.ndarray, *, quality: int = 75) -> str:
    """Encode a picture (H, W, 3) uint8 as WebP in a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=quality, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
