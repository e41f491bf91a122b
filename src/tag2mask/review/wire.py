"""What requests of the page carry, and what the answers look like."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TypedDict

import numpy as np
from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tag2mask.core.contracts import InputError
from tag2mask.crf.click_regions import Click
from tag2mask.data import photo_size
from tag2mask.data.dataset import Photo
from tag2mask.review.annotations import edit_size

MOST_CLICKS = 500
_BYTES = "application/octet-stream"


def jpeg(image: np.ndarray) -> Response:
    """Return a photo or a part of it."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=92)
    return Response(buffer.getvalue(), media_type="image/jpeg",
                    headers={"cache-control": "private, max-age=600"})


def labels(plane: np.ndarray, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with one byte per pixel in row-major order, and the size in a header."""
    size = {"x-size": f"{plane.shape[1]}x{plane.shape[0]}", "cache-control": "no-store"}
    return Response(np.ascontiguousarray(plane).tobytes(), media_type=_BYTES,
                    headers={**size, **(headers or {})})


class _Effort(TypedDict):
    """What was spent on a photo since its previous entry."""

    seconds: int
    clicks: int


def effort(request: Request) -> _Effort:
    """Return the seconds and clicks that a request reports."""
    return {"seconds": min(86_400, number(request.query_params, "seconds")),
            "clicks": number(request.query_params, "clicks")}


def if_match(request: Request) -> str:
    """Return the version of the mask that was edited."""
    return request.headers.get("if-match", "").strip('"')


def as_mask(body: bytes, photo: Photo) -> np.ndarray:
    """Return the mask in a body, (h, w) uint8, at the size of the page."""
    size = edit_size(photo_size(photo.path))
    if len(body) != size[0] * size[1]:
        raise ValueError(f"the mask must have {size[0]} rows of {size[1]} bytes")
    return np.frombuffer(body, np.uint8).reshape(size)


def number(values: Mapping[str, str], key: str) -> int:
    """Return a whole number of a query; 0 if it is missing."""
    text = values.get(key, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError(f"{key} must be a whole number")
    return int(text)


def clicks(text: str) -> list[Click]:
    """Parse clicks from JSON of the form `[[y, x, positive], ...]`."""
    rows = json.loads(text)
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_CLICKS:
        raise ValueError(f"give 1 to {MOST_CLICKS} clicks")
    try:
        return [Click(float(y), float(x), bool(positive)) for y, x, positive in rows]
    except TypeError as error:
        raise ValueError("a click is [y, x, positive]") from error


def mistake(request: Request, error: Exception) -> Response:
    """Answer a request that cannot be fulfilled by its reason."""
    status = 409 if isinstance(error, InputError) else 400
    return PlainTextResponse(str(error), status)


def too_large(request: Request, error: Exception) -> Response:
    """Answer a request whose body was cut off at the limit."""
    return PlainTextResponse("The request is too large.", 413)
