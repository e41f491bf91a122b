"""Photos as people have them come out as upright RGB, broken ones as one sentence."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.photos import MAX_PIXELS, load_photo, photo_size

H, W = 6, 10
RAMP = np.tile(np.linspace(0, 255, W).astype(np.uint8), (H, 1))


def png_claiming(width: int, height: int) -> bytes:
    """Return a PNG that claims a size, and breaks off after its first pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (header, b"IDAT" + zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


@pytest.fixture
def corner() -> npt.NDArray[np.uint8]:
    """An upright (H, W, 3) photo whose top left quarter is white, the rest black."""
    pixels = np.zeros((48, 80, 3), np.uint8)
    pixels[:24, :40] = 255
    return pixels


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_undone(
    tmp_path: Path, corner: npt.NDArray[np.uint8], orientation: int, suffix: str
) -> None:
    """Whatever the camera was held like, the photo and its size come out upright."""
    undo = {
        1: corner,
        2: corner[:, ::-1],
        3: corner[::-1, ::-1],
        4: corner[::-1],
        5: corner.transpose(1, 0, 2),
        6: corner.transpose(1, 0, 2)[::-1],
        7: corner[::-1, ::-1].transpose(1, 0, 2),
        8: corner.transpose(1, 0, 2)[:, ::-1],
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned{suffix}"
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation]))
    stored.save(path, exif=exif, quality=95)

    assert photo_size(path) == (48, 80)
    loaded = load_photo(path)
    assert loaded.shape == (48, 80, 3)
    assert np.abs(loaded.astype(int) - corner).mean() < 3
    small = load_photo(path, max_side=20)
    assert small.shape == (12, 20, 3)
    assert small[2, 3].min() > 200
    assert small[9, 15].max() < 60


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    """A grey photo keeps its values."""
    Image.fromarray(RAMP).save(tmp_path / "grey.png")
    loaded = load_photo(tmp_path / "grey.png")
    assert loaded.dtype == np.uint8
    np.testing.assert_array_equal(loaded, np.stack([RAMP] * 3, axis=2))


def test_alpha_lies_over_mid_grey(tmp_path: Path) -> None:
    """What is not there is grey, whatever colour hides below it."""
    pixels = np.full((H, W, 4), 255, np.uint8)
    pixels[:, :5, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    loaded = load_photo(tmp_path / "a.png")
    assert (loaded[:, :5] == 128).all()
    assert (loaded[:, 5:] == 255).all()


def test_grey_with_alpha(tmp_path: Path) -> None:
    """LA works as RGBA does."""
    Image.new("LA", (W, H), (200, 0)).save(tmp_path / "la.png")
    assert (load_photo(tmp_path / "la.png") == 128).all()


def test_palette_with_transparency(tmp_path: Path) -> None:
    """The transparent entry is grey, and Pillow has nothing to warn about."""
    picture = Image.fromarray(np.tile(np.arange(W, dtype=np.uint8) % 2, (H, 1)))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.save(tmp_path / "p.png", transparency=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = load_photo(tmp_path / "p.png")
    assert loaded[0, 0].tolist() == [128, 128, 128]
    assert loaded[0, 1].tolist() == [0, 0, 255]


@pytest.mark.parametrize("max_side", [None, 20])
def test_cmyk_jpeg_keeps_its_colours(tmp_path: Path, max_side: int | None) -> None:
    """Adobe stores CMYK inverted; red stays red."""
    Image.new("RGB", (80, 48), (230, 20, 30)).convert("CMYK").save(tmp_path / "c.jpg")
    red, green, blue = load_photo(tmp_path / "c.jpg", max_side=max_side)[2, 2]
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_is_scaled_by_the_full_range(tmp_path: Path, suffix: str) -> None:
    """65535 is white, half of it is mid grey, also where no pixel is white."""
    Image.fromarray(np.full((H, W), 32896, np.uint16)).save(tmp_path / f"deep{suffix}")
    assert (load_photo(tmp_path / f"deep{suffix}") == 128).all()
    assert photo_size(tmp_path / f"deep{suffix}") == (H, W)


def test_float_tiff_is_stretched(tmp_path: Path) -> None:
    """Floats go from their minimum to their maximum; what is not finite counts as 0."""
    values = np.linspace(-3.0, 7.0, H * W, dtype=np.float32).reshape(H, W)
    values[1, 1] = np.nan
    Image.fromarray(values).save(tmp_path / "f.tif")
    loaded = load_photo(tmp_path / "f.tif")
    assert (loaded.min(), loaded.max()) == (0, 255)


def test_constant_float_tiff(tmp_path: Path) -> None:
    """A constant photo has no range to stretch, and comes out black."""
    Image.fromarray(np.full((H, W), 0.5, np.float32)).save(tmp_path / "f.tif")
    assert (load_photo(tmp_path / "f.tif") == 0).all()


@pytest.mark.parametrize(("size", "small"), [((1, 40), (1, 20)), ((8000, 3), (20, 1))])
def test_extreme_shapes(tmp_path: Path, size: tuple[int, int], small: tuple[int, int]) -> None:
    """1 px wide and 8000 px wide photos load, and no side is shrunk away."""
    Image.new("RGB", size, (9, 8, 7)).save(tmp_path / "thin.jpg")
    assert photo_size(tmp_path / "thin.jpg") == size[::-1]
    assert load_photo(tmp_path / "thin.jpg").shape == (size[1], size[0], 3)
    assert load_photo(tmp_path / "thin.jpg", max_side=20).shape == (small[1], small[0], 3)


def test_small_photos_are_not_enlarged(tmp_path: Path) -> None:
    """`max_side` only shrinks."""
    Image.fromarray(RAMP).save(tmp_path / "grey.png")
    assert load_photo(tmp_path / "grey.png", max_side=100).shape == (H, W, 3)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_animations_give_their_first_frame(tmp_path: Path, suffix: str) -> None:
    """The first frame is red, the second blue."""
    frames = [Image.new("RGB", (W, H), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:])
    red, _, blue = load_photo(tmp_path / f"a{suffix}")[2, 2]
    assert red > 240
    assert blue < 15


def test_upper_case_suffix(tmp_path: Path) -> None:
    """The format is recognised by the content."""
    Image.fromarray(RAMP).save(tmp_path / "X.JPG", format="PNG")
    assert load_photo(tmp_path / "X.JPG").shape == (H, W, 3)


def test_link_out_of_the_folder(tmp_path: Path) -> None:
    """Links are followed."""
    (tmp_path / "in").mkdir()
    Image.fromarray(RAMP).save(tmp_path / "grey.png")
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "grey.png")
    assert photo_size(tmp_path / "in" / "link.png") == (H, W)


def broken(path: Path, kind: str) -> str:
    """Make one broken photo at `path`; return a word that the error must have."""
    if kind == "truncated":
        noise = np.random.default_rng(0).integers(0, 255, (64, 80, 3), dtype=np.uint8)
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:2000])
        return "cut short"
    if kind == "text":
        path.write_text("not a photo")
        return "no picture"
    if kind == "postscript":
        path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 5\n%%EndComments\n")
        return "no picture"
    if kind == "empty":
        path.touch()
        return "0 bytes"
    if kind == "folder":
        path.mkdir()
        return "folder"
    return "missing"


KINDS = ["truncated", "text", "postscript", "empty", "folder", "missing"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("max_side", [None, 8])
def test_broken_photos_are_told(tmp_path: Path, kind: str, max_side: int | None) -> None:
    """One sentence names the file and what is wrong with it."""
    word = broken(tmp_path / "x.jpg", kind)
    with pytest.raises(InputError, match=word) as told:
        load_photo(tmp_path / "x.jpg", max_side=max_side)
    assert str(tmp_path / "x.jpg") in str(told.value)
    assert "\n" not in str(told.value)


def test_image_bomb_is_refused_before_decoding(tmp_path: Path) -> None:
    """A file of 68 bytes that claims 900 million pixels; Pillow's warning does not leak."""
    (tmp_path / "bomb.png").write_bytes(png_claiming(30_000, 30_000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for read in (load_photo, photo_size):
            with pytest.raises(InputError, match="30000 x 30000 pixels"):
                read(tmp_path / "bomb.png")


def test_large_photos_below_the_limit_do_not_warn(tmp_path: Path) -> None:
    """Pillow would refuse this size; its own limit stands again afterwards."""
    before = Image.MAX_IMAGE_PIXELS
    (tmp_path / "large.png").write_bytes(png_claiming(17_000, 17_000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert photo_size(tmp_path / "large.png") == (17_000, 17_000)
    assert MAX_PIXELS > 17_000**2
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_png_with_a_wrong_byte_is_not_black(tmp_path: Path, place: float) -> None:
    """Pillow decodes a PNG to look for EXIF; an error there must not leave black pixels behind."""
    path = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)).save(path)
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 255
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.png is damaged"):
        load_photo(path)
    with pytest.raises(InputError, match=r"a\.png is damaged"):
        load_photo(path, max_side=8)
