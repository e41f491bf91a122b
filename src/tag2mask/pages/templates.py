"""What all pages share: how templates are read, the style sheet, and pictures inside the page."""

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
    """Return the style sheet that all pages share, followed by one of `package` if named."""
    shared = resource(_HOME, "palette.css") + resource(_HOME, "page.css")
    return Markup(shared + (resource(package, name) if name else ""))


def data_uri(pixels: np.ndarray, *, quality: int = 75) -> str:
    """Write a picture (H, W, 3) uint8 as WebP into a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=quality, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
