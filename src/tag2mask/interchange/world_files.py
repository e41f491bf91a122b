"""World files, which contain the six coefficients of an image's transform to map coordinates."""

from __future__ import annotations

import shutil
from pathlib import Path


def world_file(picture: Path) -> Path | None:
    """Find the world file of an image: for x.jpg, one of x.wld, x.jgw and x.jpgw."""
    suffix = picture.suffix.lower().lstrip(".")
    if len(suffix) < 3:
        return None
    names = (f"{picture.stem}.wld", f"{picture.stem}.{suffix[0]}{suffix[-1]}w",
             f"{picture.stem}.{suffix}w")
    return next((picture.with_name(name) for name in names
                 if picture.with_name(name).is_file()), None)


def keep_world_file(photo: Path, mask: Path) -> None:
    """Copy the world file of a photo beside its mask, a PNG of the same size."""
    found = world_file(photo)
    if found is not None:
        shutil.copyfile(found, mask.with_suffix(".pgw"))
