"""Pictures that open, and are not what was expected: modes, sizes, formats, claims of a header."""

from __future__ import annotations

import io
import struct
import zlib
from random import Random

import numpy as np
from mutating_bytes import ANY, Mutator
from PIL import Image

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP", "PPM", "TGA", "ICO", "JPEG2000", "PCX")
MODES = ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I;16", "I", "F")
SIZES = ((1, 1), (1, 48), (3000, 1), (64, 48), (7, 5), (65_501, 1))


def redraw(content: bytes, rng: Random) -> bytes:
    """Draw another picture: any mode, size and format that go together."""
    noise = np.random.default_rng(rng.getrandbits(32))
    width, height = rng.choice(SIZES)
    picture = Image.fromarray(noise.integers(0, 256, (height, width, 3), dtype=np.uint8))
    raw = io.BytesIO()
    try:
        picture.convert(rng.choice(MODES)).save(raw, rng.choice(FORMATS))
    except (OSError, ValueError, struct.error):
        picture.save(raw, "PNG")
    return raw.getvalue()


def float_tiff(content: bytes, rng: Random) -> bytes:
    """Write numbers that are no colours: NaN, infinity, negative, 32 bits."""
    values = np.full((48, 64), rng.choice((np.nan, np.inf, -9999.0, 1e30, 0.5)), np.float32)
    values[:10] = 1
    counting = np.arange(48 * 64, dtype=np.int32).reshape(48, 64)
    picture = Image.fromarray(rng.choice((values, counting, np.full((48, 64), 40_000, np.uint16))))
    raw = io.BytesIO()
    picture.save(raw, "TIFF")
    return raw.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def claim_size(content: bytes, rng: Random) -> bytes:
    """Write a PNG whose header claims another size than its pixels have."""
    width, height = rng.choice(((0, 5), (64, 4800), (60_000, 60_000), (2**31 - 1, 2**31 - 1),
                                (9000, 9000), (2**31 - 1, 1), (12_000, 8_000)))
    depth, colour = rng.choice(((8, 2), (8, 0), (16, 2), (1, 0), (8, 3), (7, 9)))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
            + _chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + _chunk(b"IEND", b""))


def add_words(content: bytes, rng: Random) -> bytes:
    """Put a huge or broken text, profile or EXIF block into the picture."""
    try:
        picture = Image.open(io.BytesIO(content)).convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return content
    raw = io.BytesIO()
    block = rng.choice((b"Exif\0\0MM\0*\0\0\0\xff", b"x" * 3000, b"Exif\0\0II*\0"))
    exif = Image.Exif()
    exif[0x0112] = rng.choice((0, 3, 6, 9, 999))
    way = rng.choice(({"exif": block}, {"exif": exif}, {"icc_profile": block}))
    picture.save(raw, rng.choice(("JPEG", "PNG", "WEBP")), **way)
    return raw.getvalue()


def animate(content: bytes, rng: Random) -> bytes:
    """Write a stack of pages."""
    kind, raw = rng.choice(("TIFF", "GIF", "WEBP", "PNG")), io.BytesIO()
    narrower = 1 if kind == "TIFF" else 0
    pages = [Image.new("L", (64 - narrower * n, 48), 9 * n) for n in range(4)]
    pages[0].save(raw, kind, save_all=True, append_images=pages[1:])
    return raw.getvalue()


PICTURE: tuple[Mutator, ...] = (
    *ANY, *ANY, *[redraw] * 6, float_tiff, *[claim_size] * 2, *[add_words] * 2, animate)
