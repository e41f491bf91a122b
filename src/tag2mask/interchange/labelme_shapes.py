"""Writing of shapes in the formats of labelme and X-AnyLabeling."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.labelled import LabelledPhoto, Region
from tag2mask.interchange.polygons import bridged, simplify, trace


def written(
    photo: LabelledPhoto, options: WriteOptions, *, x_anylabeling: bool
) -> Iterator[dict[str, object]]:
    """Yield the shapes of one photo."""
    for region in photo.regions(parts=options.parts):
        name = photo.classes[region.label - 1]
        trust = photo.trust_in(name)
        if x_anylabeling:  # the format has no masks; the contours of a region form a group
            for contour in trace(region.mask, left=region.left, top=region.top):
                ring = simplify(bridged(contour), options.simplify)
                yield _shape(name, "polygon", ring.tolist(), trust, x_anylabeling)
        else:
            yield _mask(region, name, trust)
    for box in photo.boxes:
        corners = [[box.left, box.top], [box.right, box.bottom]]
        if x_anylabeling:
            corners = [corners[0], [box.right, box.top], corners[1], [box.left, box.bottom]]
        yield _shape(box.class_name, "rectangle", corners, None, x_anylabeling)
    for point in photo.points:
        yield _shape(point.class_name, "point", [[point.x, point.y]], None, x_anylabeling)


def _mask(region: Region, name: str, trust: float | None) -> dict[str, object]:
    height, width = region.mask.shape
    corners = [[float(region.left), float(region.top)],
               [float(region.left + width - 1), float(region.top + height - 1)]]
    return {**_shape(name, "mask", corners, trust, False), "mask": _picture(region)}


def _picture(region: Region) -> str:
    """Return a region's mask as labelme stores it: a PNG in base64."""
    buffer = io.BytesIO()
    Image.fromarray(region.mask.astype(np.uint8)).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _shape(
    name: str, kind: str, points: list[list[float]], trust: float | None, x_anylabeling: bool
) -> dict[str, object]:
    shape: dict[str, object] = {
        "label": name, "points": points, "group_id": None, "shape_type": kind, "flags": {},
        "description": "" if trust is None or x_anylabeling else f"trust {trust:.4f}"}
    if x_anylabeling:
        shape |= {"score": trust, "difficult": False, "attributes": {}, "kie_linking": []}
    else:
        shape["mask"] = None
    return shape
