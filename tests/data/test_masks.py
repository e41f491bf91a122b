"""Masks keep their label numbers on the way to disk and back."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.masks import load_mask, palette, save_mask

MASK = np.array([[0, 1, 2, 255, 0], [2, 2, 0, 1, 255]], np.uint8)


def test_round_trip(tmp_path: Path) -> None:
    """Labels come back as they were, from a palette PNG, with nothing else in the folder."""
    save_mask(tmp_path / "deep" / "m.png", MASK, num_labels=3)
    loaded = load_mask(tmp_path / "deep" / "m.png", size=(2, 5), num_labels=3)
    np.testing.assert_array_equal(loaded, MASK)
    assert loaded.dtype == np.uint8
    with Image.open(tmp_path / "deep" / "m.png") as picture:
        assert picture.mode == "P"
        assert picture.convert("RGB").getpixel((1, 0)) == (128, 0, 0)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["m.png"]


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_grey_and_palette_values_are_labels(tmp_path: Path, mode: str) -> None:
    """Palette colours are never turned into grey, 16-bit labels never scaled."""
    picture = Image.fromarray(MASK if mode != "I;16" else MASK.astype(np.uint16))
    if mode == "P":
        picture.putpalette([200] * 768)
    picture.save(tmp_path / "m.png")
    loaded = load_mask(tmp_path / "m.png", size=None, num_labels=3)
    np.testing.assert_array_equal(loaded, MASK)


def test_one_bit_mask(tmp_path: Path) -> None:
    """Black is background, white the only class."""
    Image.fromarray(MASK == 1).save(tmp_path / "m.png")
    loaded = load_mask(tmp_path / "m.png", size=(2, 5), num_labels=2)
    np.testing.assert_array_equal(loaded, (MASK == 1).astype(np.uint8))


@pytest.mark.parametrize("depth", [2, 4])
def test_grey_of_few_bits_is_not_stretched(tmp_path: Path, depth: int) -> None:
    """Annotation tools save small labels in 2 or 4 bits; Pillow would give 0, 85, 170, 255."""
    labels = [0, 1, 2, 3]
    bits = "".join(f"{label:0{depth}b}" for label in labels)
    row = bytes([0]) + int(bits, 2).to_bytes(len(bits) // 8, "big")
    chunks = [
        b"IHDR" + struct.pack(">IIBBBBB", 4, 1, depth, 0, 0, 0, 0),
        b"IDAT" + zlib.compress(row),
        b"IEND",
    ]
    (tmp_path / "m.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
            for chunk in chunks
        )
    )
    assert load_mask(tmp_path / "m.png", size=(1, 4), num_labels=4).tolist() == [labels]


def test_another_size_is_refused(tmp_path: Path) -> None:
    """Also when only height and width are swapped."""
    save_mask(tmp_path / "m.png", MASK, num_labels=3)
    with pytest.raises(InputError, match=r"m\.png is 5 x 2 pixels, but its photo 2 x 5"):
        load_mask(tmp_path / "m.png", size=(5, 2), num_labels=3)


def test_a_label_out_of_range_is_refused(tmp_path: Path) -> None:
    """255 is no label, and passes."""
    save_mask(tmp_path / "m.png", MASK, num_labels=3)
    with pytest.raises(InputError, match=r"m\.png has the label 2, but .* only go up to 1"):
        load_mask(tmp_path / "m.png", size=None, num_labels=2)


def test_colour_pictures_are_refused(tmp_path: Path) -> None:
    """Colours could only be guessed; equal channels are grey."""
    Image.new("RGB", (5, 2), (1, 1, 1)).save(tmp_path / "m.png")
    assert (load_mask(tmp_path / "m.png", size=None, num_labels=3) == 1).all()
    Image.new("RGB", (5, 2), (1, 0, 0)).save(tmp_path / "m.png")
    with pytest.raises(InputError, match=r"m\.png is a colour picture"):
        load_mask(tmp_path / "m.png", size=None, num_labels=3)


def test_unreadable_masks_are_refused(tmp_path: Path) -> None:
    """As photos are."""
    (tmp_path / "m.png").write_text("no mask")
    with pytest.raises(InputError, match=r"m\.png is no picture"):
        load_mask(tmp_path / "m.png", size=None, num_labels=3)


def test_save_wants_label_numbers(tmp_path: Path) -> None:
    """A wrong type or shape is a mistake of the caller's; nothing is written."""
    for wrong in (MASK.astype(np.int64), MASK[None]):
        with pytest.raises(ValueError, match="expected an"):
            save_mask(tmp_path / "m.png", wrong, num_labels=3)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_palette_is_the_one_of_voc() -> None:
    """First classes, cream for 255, black for labels that do not occur."""
    colours = palette(21)
    assert colours.shape == (256, 3)
    assert colours[:4].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]
    assert colours[20].tolist() == [0, 64, 128]
    assert colours[255].tolist() == [224, 224, 192]
    assert not colours[21:255].any()
    with pytest.raises(ValueError, match="num_labels"):
        palette(256)
