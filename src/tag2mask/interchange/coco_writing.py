"""COCO's `segmentation` of a region."""

from __future__ import annotations

import numpy as np

from tag2mask.interchange import rle
from tag2mask.interchange.labelled import Region
from tag2mask.interchange.polygons import simplify, trace


def segmentation(
    region: Region, size: tuple[int, int], tolerance: float
) -> dict[str, object]:
    """Encode a region; as run lengths, or with a tolerance as polygons.

    COCO's polygons have no holes, so a region with holes stays run lengths.
    """
    if tolerance > 0:
        contours = trace(region.mask, left=region.left, top=region.top)
        if not any(contour.holes for contour in contours):
            rings = [simplify(contour.outer, tolerance) for contour in contours]
            return {"segmentation": [np.round(ring, 2).ravel().tolist() for ring in rings]}
    counts = cropped_counts(region, size)
    return {"segmentation": {"size": list(size), "counts": rle.to_string(counts)}}


def cropped_counts(region: Region, size: tuple[int, int]) -> rle.Counts:
    """Count the runs of a region on the whole photo, without drawing that."""
    height, width = region.mask.shape
    padded = np.zeros((height + 1, width), np.bool_)
    padded[:height] = region.mask
    ends = np.flatnonzero(np.diff(padded.ravel(order="F"), prepend=np.bool_(False)))
    columns, rows = np.divmod(ends, height + 1)
    places = (columns + region.left) * size[0] + rows + region.top
    # Where a run goes down to the photo's last row and on from the next column's first, it is one.
    joined = np.flatnonzero(np.diff(places) == 0)
    places = np.delete(places, np.concatenate((joined, joined + 1)))
    counts = np.diff(np.concatenate(([0], places, [size[0] * size[1]])))
    return counts[:-1] if counts[-1] == 0 and len(counts) > 1 else counts
