"""Photos given from Python become what the file would be, or one sentence names what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.given import as_photo

RGB = np.random.default_rng(0).integers(0, 256, (20, 33, 3)).astype(np.uint8)
GREY = RGB[..., 0]
ALPHA = np.dstack([RGB, np.where(GREY < 90, GREY, 255).astype(np.uint8)])


@pytest.mark.parametrize("given", [
    RGB, (RGB / 255).astype(np.float32), RGB / 255, RGB.astype(np.float32), RGB.astype(np.int64),
    RGB.astype(np.float16), RGB.astype(np.uint16) * 257, np.moveaxis(RGB, 2, 0), RGB[None],
    np.moveaxis(RGB, 2, 0)[None] / 255, np.ascontiguousarray(RGB[..., ::-1])[..., ::-1],
    torch.from_numpy(RGB), torch.from_numpy(RGB).permute(2, 0, 1),
    torch.from_numpy(RGB).permute(2, 0, 1)[None] / 255, torch.from_numpy(RGB / 255),
    Image.fromarray(RGB), Image.fromarray(RGB).convert("RGBA"), RGB / 255 * 1.0005,
    torch.from_numpy(RGB).float().requires_grad_(),
])
def test_colours_come_out_as_they_are(given: object) -> None:
    """Whatever type, range and order of axes they come in."""
    found = as_photo(given)  # type: ignore[arg-type]
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, RGB)


@pytest.mark.parametrize("given", [
    GREY, GREY[..., None], GREY[None], GREY[None, None], GREY / 255, torch.from_numpy(GREY),
    Image.fromarray(GREY), Image.fromarray(GREY.astype(np.uint16) * 257),
    Image.fromarray(GREY.astype(np.int32) * 257), Image.fromarray(GREY.astype(np.float32)),
])
def test_grey_is_repeated(given: object) -> None:
    """In all three channels."""
    np.testing.assert_array_equal(as_photo(given), np.dstack([GREY] * 3))  # type: ignore[arg-type]


def test_alpha_is_put_on_grey_as_in_files(tmp_path: Path) -> None:
    """The same pixels from an array, from PIL and from a file."""
    Image.fromarray(ALPHA).save(tmp_path / "a.png")
    wanted = as_photo(tmp_path / "a.png")
    assert not np.array_equal(wanted, RGB)
    for given in (ALPHA, np.moveaxis(ALPHA, 2, 0), ALPHA / 255, Image.fromarray(ALPHA),
                  str(tmp_path / "a.png")):
        np.testing.assert_array_equal(as_photo(given), wanted)


def test_pil_images_of_every_mode_are_those_of_files(tmp_path: Path) -> None:
    """Palettes, bits and turned photos too."""
    for mode in ("1", "L", "P", "LA", "PA", "RGB", "RGBA", "CMYK"):
        picture = Image.fromarray(RGB).convert(mode)
        name = tmp_path / ("a.tif" if mode in ("CMYK", "PA") else "a.png")
        if mode != "PA":
            picture.save(name)
            np.testing.assert_array_equal(as_photo(picture), as_photo(name))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(RGB).save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as picture:
        np.testing.assert_array_equal(as_photo(picture), as_photo(tmp_path / "turned.png"))


@pytest.mark.parametrize(("given", "told"), [
    (RGB > 100, "of bool, which is a mask"), ((RGB / 255 - 0.5) * 4, "as normalised ones do"),
    (np.full((4, 5, 3), np.nan), "NaN or inf"), (RGB * 3.0, "neither 0 to 1 nor 0 to 255"),
    (RGB / 255 * 1.5, "neither 0 to 1 nor 0 to 255"), (RGB.astype(np.int32) * 257, "in int32"),
    (np.stack([RGB, RGB]), "a batch .* of 2 photos|A batch .* of 2 photos"),
    (np.zeros((0, 0, 3), np.uint8), r"array \(0, 0, 3\)"), (RGB[..., :2], r"array \(20, 33, 2\)"),
    (RGB.ravel(), r"array \(1980,\)"), (RGB * 1j, "of complex128"), (np.array("a"), "array"),
    (["a.png", "b.png"], "a list of 2; give one at a time"), (b"\x89PNG", "given as bytes"),
    (None, "given as NoneType"), ({"image": RGB}, "given as dict"), (3, "given as int"),
    ("https://example.org/a.jpg", "is an address"), (Path("http://example.org/a"), "is an address"),
    ("nowhere/a.jpg", "missing"), ("~/nowhere-at-all.jpg", "missing"),
    (torch.zeros(2, 3, 8, 9), "of 2 photos"),
])
def test_anything_else_is_named(given: object, told: str) -> None:
    """And what to give."""
    with pytest.raises(InputError, match=told):
        as_photo(given)  # type: ignore[arg-type]


def test_a_folder_is_no_photo(tmp_path: Path) -> None:
    """Named as one."""
    with pytest.raises(InputError, match="is a folder"):
        as_photo(tmp_path)
