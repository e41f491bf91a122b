"""JPEGs without their last bytes are read, and those without their second half are not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from tag2mask.core.contracts import InputError
from tag2mask.data.photos import examine_photo, load_photo

H, W = 96, 160
Y, X = np.mgrid[:H, :W]
PICTURES = {
    "smooth": np.dstack([X, Y * 2, X // 2]).astype(np.uint8),
    "noise": np.random.default_rng(0).integers(0, 255, (H, W, 3), dtype=np.uint8),
    "flat": np.full((H, W, 3), 90, np.uint8),
    "grey": X.astype(np.uint8),
}


def jpeg(kind: str, *, progressive: bool = False) -> bytes:
    """Return a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(PICTURES[kind]).save(buffer, "JPEG", quality=90, progressive=progressive)
    return buffer.getvalue()


@pytest.mark.parametrize(("kind", "progressive"), [
    *((kind, False) for kind in PICTURES), ("smooth", True), ("noise", True), ("flat", True),
])
def test_the_end_marker_may_be_missing(tmp_path: Path, kind: str, progressive: bool) -> None:
    """The pixels are the same as with it, and the flag of Pillow stays."""
    data = jpeg(kind, progressive=progressive)
    (tmp_path / "whole.jpg").write_bytes(data)
    (tmp_path / "cut.jpg").write_bytes(data[:-2])
    whole = load_photo(tmp_path / "whole.jpg")
    assert (load_photo(tmp_path / "cut.jpg") == whole).all()
    assert load_photo(tmp_path / "cut.jpg", max_side=40).shape == (24, 40, 3)
    assert examine_photo(tmp_path / "cut.jpg", max_side=40).end_missing
    assert not examine_photo(tmp_path / "whole.jpg", max_side=40).end_missing
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_last_block_may_be_missing(tmp_path: Path) -> None:
    """All that was stored is there."""
    (tmp_path / "cut.jpg").write_bytes(jpeg("noise")[:-100])
    found = load_photo(tmp_path / "cut.jpg")
    (tmp_path / "whole.jpg").write_bytes(jpeg("noise"))
    same = (found == load_photo(tmp_path / "whole.jpg")).all(2)
    assert same.mean() > 0.97


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("kind", ["smooth", "noise", "grey"])
@pytest.mark.parametrize("tail", [b"", bytes(500)])
def test_a_lost_half_is_damage(
    tmp_path: Path, kind: str, share: float, tail: bytes, progressive: bool
) -> None:
    """Also where a disk filled it with zeros."""
    data = jpeg(kind, progressive=progressive)
    (tmp_path / "cut.jpg").write_bytes(data[: int(len(data) * share)] + tail)
    with pytest.raises(InputError, match="damaged or cut short"):
        load_photo(tmp_path / "cut.jpg")
