"""Formats of cameras, scanners, microscopes and satellites, each with the right colours."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms, TiffImagePlugin, features

from tag2mask.core.contracts import InputError
from tag2mask.data.depth import DepthRule
from tag2mask.data.photos import load_photo

H, W = 12, 80
RAMP = np.tile(np.arange(W), (H, 1))
TWELVE = DepthRule(low=0, high=4095)
COLOURS = np.dstack([np.full((H, W), value, np.uint8) for value in (200, 100, 50)])


def write_tiff(path: Path, pixels: npt.NDArray[np.generic], order: str = "<", **tags: int) -> Path:
    """Write an uncompressed TIFF of one strip; `tags` are t262=0 and so on."""
    height, width = pixels.shape[:2]
    planar = tags.get("t284") == 2
    bands = 1 if pixels.ndim == 2 else pixels.shape[2]
    kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    stored = pixels.transpose(2, 0, 1) if planar else pixels
    data = stored.astype(pixels.dtype.newbyteorder(order)).tobytes()
    bits = 8 * pixels.dtype.itemsize
    strips = bands if planar else 1
    entries = {256: [width], 257: [height], 258: [bits] * bands, 259: [1],
               262: [2 if bands > 2 else 1], 277: [bands], 278: [height], 339: [kind] * bands,
               **{int(name[1:]): [value] for name, value in tags.items()}}
    behind = 8 + 2 + 12 * (len(entries) + 2) + 4
    extra, records = b"", []
    size = len(data) // strips
    room = sum(2 * len(v) for v in entries.values() if len(v) > 2) + 8 * strips * (strips > 1)
    entries |= {273: [behind + room + n * size for n in range(strips)], 279: [size] * strips}
    for tag, values in sorted(entries.items()):
        word, letter = (4, "I") if tag in (273, 279) else (3, "H")
        packed = struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(packed) > 4:
            place, extra = struct.pack(f"{order}I", behind + len(extra)), extra + packed
        else:
            place = packed.ljust(4, b"\0")
        records.append(struct.pack(f"{order}HHI", tag, word, len(values)) + place)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    table = struct.pack(f"{order}H", len(records)) + b"".join(records) + bytes(4)
    path.write_bytes(head + table + extra + data)
    return path


def write_png16(path: Path, pixels: npt.NDArray[np.uint16], colour: int) -> Path:
    """Write a 16-bit PNG in colour, which Pillow cannot."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    size = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 16, colour, 0, 0, 0)
    chunks = (b"IHDR" + size, b"IDAT" + zlib.compress(rows), b"IEND")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    ))
    return path


def grey(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the only channel there is."""
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0]


@pytest.mark.parametrize("order", ["<", ">"])
def test_12_bits_in_16(tmp_path: Path, order: str) -> None:
    """The whole range of grey is used, in either byte order, and the same for two photos."""
    bright = write_tiff(tmp_path / "a.tif", (RAMP * 51).astype(np.uint16), order)
    dark = write_tiff(tmp_path / "b.tif", (RAMP * 25).astype(np.uint16), order)
    assert grey(load_photo(bright, depth=TWELVE))[0, [0, 40, 79]].tolist() == [0, 127, 251]
    assert grey(load_photo(dark, depth=TWELVE))[0, [0, 40, 79]].tolist() == [0, 62, 123]
    assert grey(load_photo(dark)).max() == 255


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bands", [3, 4])
def test_12_bits_in_16_in_colour(tmp_path: Path, order: str, bands: int) -> None:
    """Pillow itself only keeps the high byte."""
    colours = np.dstack([RAMP * 51, RAMP * 25, RAMP, np.full((H, W), 65535)]).astype(np.uint16)
    tags = {"t338": 2} if bands == 4 else {}
    tiff = write_tiff(tmp_path / "a.tif", colours[..., :bands], order, **tags)
    png = write_png16(tmp_path / "a.png", colours[..., :bands], 2 if bands == 3 else 6)
    for path in (tiff, png):
        assert load_photo(path, depth=TWELVE)[3, 79].tolist() == [251, 123, 5]


def test_channels_one_after_the_other(tmp_path: Path) -> None:
    """Fine in 8 bits; in 16 bits Pillow would read garbage, and is not let."""
    eight = write_tiff(tmp_path / "a.tif", COLOURS, t284=2)
    assert load_photo(eight)[0, 0].tolist() == [200, 100, 50]
    deep = write_tiff(tmp_path / "b.tif", COLOURS.astype(np.uint16), t284=2)
    with pytest.raises(InputError, match="16-bit channels stored one after the other"):
        load_photo(deep)


def test_kinds_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    """Nothing is wrong with the file, so the sentence does not ask for another copy."""
    path = write_tiff(tmp_path / "a.tif", np.dstack([COLOURS, COLOURS]).astype(np.float32))
    with pytest.raises(InputError, match="is a TIFF whose kind of pixels cannot be read"):
        load_photo(path)


def test_inks_of_16_bits_are_inks(tmp_path: Path) -> None:
    """Not red, green and blue."""
    inks = np.dstack([np.full((H, W), value) for value in (0, 51400, 51400, 0)]).astype(np.uint16)
    found = load_photo(write_tiff(tmp_path / "a.tif", inks, t262=5))
    assert found[0, 0].tolist() == [255, 55, 55]


def test_signed_values(tmp_path: Path) -> None:
    """Of 16 bits as of 8, and without a sign of 32."""
    rule = DepthRule(low=-1000, high=1000)
    values = (RAMP * 20 - 1000).astype(np.int16)
    assert grey(load_photo(write_tiff(tmp_path / "a.tif", values), depth=rule))[0, 50] == 128
    small = write_tiff(tmp_path / "b.tif", (RAMP - 40).astype(np.int8))
    assert grey(load_photo(small, depth=DepthRule(low=-40, high=40)))[0, 40] == 128
    large = write_tiff(tmp_path / "c.tif", (RAMP.astype(np.uint32) * 50_000_000))
    assert grey(load_photo(large))[0, [0, 79]].tolist() == [0, 255]


def test_missing_values_are_grey_and_change_nothing_else(tmp_path: Path) -> None:
    """-9999 among 200 to 279, and NaN."""
    for missing in (-9999, np.nan):
        values = (200 + RAMP).astype(np.float32)
        values[0, 0] = missing
        found = grey(load_photo(write_tiff(tmp_path / "a.tif", values)))
        assert found[0, 0] == 128
        assert found[1, [0, 79]].tolist() == [0, 255]
        assert len(np.unique(found)) >= 80


def test_white_is_zero(tmp_path: Path) -> None:
    """Small values are bright, in 8 bits and in 16."""
    eight = write_tiff(tmp_path / "a.tif", (RAMP * 3).astype(np.uint8), t262=0)
    assert grey(load_photo(eight))[0, [0, 79]].tolist() == [255, 18]
    deep = write_tiff(tmp_path / "b.tif", (RAMP * 51).astype(np.uint16), t262=0)
    assert grey(load_photo(deep, depth=TWELVE))[0, [0, 79]].tolist() == [255, 4]


@pytest.mark.parametrize("extra", [0, 1, 2])
def test_near_infrared_is_not_blended(tmp_path: Path, extra: int) -> None:
    """Whatever the file says of its fourth channel: it varies with the content."""
    bands = np.dstack([COLOURS, (RAMP * 3).astype(np.uint8)])
    path = write_tiff(tmp_path / "a.tif", bands, t338=extra)
    assert (load_photo(path) == COLOURS).all()


@pytest.mark.parametrize("extra", [1, 2])
def test_transparency_is_blended(tmp_path: Path, extra: int) -> None:
    """Also where colours are multiplied by alpha already."""
    alpha = np.where(RAMP < 40, 0, 255).astype(np.uint8)[..., None]
    colours = COLOURS * (alpha > 0) if extra == 1 else COLOURS
    path = write_tiff(tmp_path / "a.tif", np.dstack([colours, alpha]), t338=extra)
    assert load_photo(path)[0, [0, 79]].tolist() == [[128, 128, 128], [200, 100, 50]]


def test_wholly_transparent_photos_show_their_colours(tmp_path: Path) -> None:
    """A photo of nothing is not what was meant, where there are colours below."""
    colours = np.dstack([RAMP * 3, RAMP, RAMP]).astype(np.uint8)
    hidden = np.dstack([colours, np.zeros((H, W), np.uint8)])
    Image.fromarray(hidden).save(tmp_path / "a.png")
    assert (load_photo(tmp_path / "a.png") == colours).all()


@pytest.mark.skipif(not features.check("littlecms2"), reason="Pillow without LittleCMS")
def test_lab_is_converted_as_by_a_colour_engine(tmp_path: Path) -> None:
    """L 60 %, towards red and yellow."""
    picture = Image.new("LAB", (W, H), (153, 188, 168))
    picture.save(tmp_path / "a.tif")
    wanted = ImageCms.profileToProfile(
        picture, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert wanted is not None
    found = load_photo(tmp_path / "a.tif")
    assert np.abs(found.astype(int) - np.asarray(wanted)).max() <= 2
    assert found[0, 0, 0] > found[0, 0, 1] + 60


def test_inks_become_colours(tmp_path: Path) -> None:
    """Without a profile as in browsers; a broken profile is passed over."""
    inks = Image.new("CMYK", (W, H), (0, 200, 200, 0))
    for name, profile in (("a.tif", None), ("b.tif", b"no profile"), ("c.jpg", None)):
        inks.save(tmp_path / name, icc_profile=profile)
        red, green, blue = load_photo(tmp_path / name)[2, 2].tolist()
        assert red >= 250
        assert abs(green - 55) <= 3
        assert abs(blue - 55) <= 3


@pytest.mark.parametrize(("mode", "colour", "wanted"), [
    ("1", 1, [255] * 3), ("L", 77, [77] * 3), ("P", 3, [9, 9, 9]), ("RGB", (1, 2, 3), [1, 2, 3]),
    ("LA", (50, 255), [50] * 3), ("RGBA", (1, 2, 3, 255), [1, 2, 3]),
])
def test_8_bits_stay(
    tmp_path: Path, mode: str, colour: tuple[int, ...], wanted: list[int]
) -> None:
    """A rule for deep photos never changes them."""
    picture = Image.new(mode, (W, H), colour)
    if mode == "P":
        picture.putpalette([value for value in (0, 7, 8, 9) for _ in range(3)])
    picture.save(tmp_path / "a.png")
    assert (load_photo(tmp_path / "a.png", depth=TWELVE) == wanted).all()


@pytest.mark.parametrize("format_name", ["AVIF", "JPEG2000", "PPM", "WEBP", "BMP", "TIFF", "GIF"])
def test_formats_are_known_by_their_content(tmp_path: Path, format_name: str) -> None:
    """Whatever the suffix says."""
    if format_name == "AVIF" and not features.check("avif"):
        pytest.skip("Pillow without AVIF")
    buffer = io.BytesIO()
    Image.fromarray(COLOURS).save(buffer, format_name)
    for name in ("x.JPG", "x"):
        (tmp_path / name).write_bytes(buffer.getvalue())
        assert np.abs(load_photo(tmp_path / name).astype(int) - COLOURS).max() <= 12


def test_16_bit_pnm(tmp_path: Path) -> None:
    """Its values are of the range that the file declares."""
    values = (RAMP * 51).astype(">u2")
    (tmp_path / "a.pgm").write_bytes(f"P5 {W} {H} 65535\n".encode() + values.tobytes())
    assert grey(load_photo(tmp_path / "a.pgm", depth=TWELVE))[0, [0, 79]].tolist() == [0, 251]


def test_nothing_of_pillow_is_changed() -> None:
    """What others read in this process is read as before."""
    assert (TiffImagePlugin.II, 1, (1,), 1, (16,), ()) in TiffImagePlugin.OPEN_INFO
