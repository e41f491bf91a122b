"""Label Studio's run-length encoding of brush masks: bit packets of red, green, blue and alpha.

The header has 32 bits for the number of values, 5 for the word size and four times 4 for the sizes
of lengths. Each packet consists of a bit that is set if one value is repeated, 2 bits that select
the size of the length, the length minus one, and the value or the values.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tag2mask.interchange.rle import runs

Mask = npt.NDArray[np.bool_]

_SIZES = (3, 4, 8, 16)
_WORD = 8
_CHANNELS = 4
_MOST_VALUES = 2**32


def encode(mask: Mask) -> list[int]:
    """Encode an (H, W) mask as bytes; all four channels are 255 inside and 0 outside the mask."""
    flat = np.ascontiguousarray(mask).ravel()
    parts = [f"{flat.size * _CHANNELS:032b}{_WORD - 1:05b}", *(f"{s - 1:04b}" for s in _SIZES)]
    value = 0
    for run in runs(flat).tolist():
        left = run * _CHANNELS
        while left:
            length = min(left, 2**16)
            choice = next(i for i, size in enumerate(_SIZES) if length <= 2**size)
            parts.append(f"1{choice:02b}{length - 1:0{_SIZES[choice]}b}{value:08b}")
            left -= length
        value = 255 - value
    text = "".join(parts)
    text += "0" * (-len(text) % 8)
    bits = np.frombuffer(text.encode("ascii"), np.uint8) - ord("0")
    packed: list[int] = np.packbits(bits).tolist()
    return packed


def decode(rle: object, size: tuple[int, int]) -> Mask:
    """Decode bytes to an (H, W) mask of the pixels with an alpha other than 0.

    Raises:
        ValueError: the bytes are damaged, truncated, or of another size.
    """
    if not isinstance(rle, list) or not rle:
        raise ValueError("its rle is no list of numbers")
    try:
        packed = np.array(rle, np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("its rle is no list of numbers") from error
    if packed.ndim != 1 or (packed < 0).any() or (packed > 255).any():
        raise ValueError("its rle has a number that is no byte")
    bits = _Bits(np.unpackbits(packed.astype(np.uint8)))
    count = bits.read(32)
    if count != size[0] * size[1] * _CHANNELS:
        raise ValueError(f"its rle has {count:,} values, but its size needs "
                         f"{size[0] * size[1] * _CHANNELS:,}")
    values = _unpacked(bits, count)
    return np.asarray(values.reshape(*size, _CHANNELS)[:, :, 3] > 0)


def _unpacked(bits: _Bits, count: int) -> npt.NDArray[np.uint8]:
    word = bits.read(5) + 1
    sizes = [bits.read(4) + 1 for _ in range(4)]
    values = np.zeros(count, np.uint8)
    at = 0
    while at < count:
        repeated = bits.read(1)
        length = min(bits.read(sizes[bits.read(2)]) + 1, count - at)
        if repeated:
            values[at : at + length] = bits.read(word) > 0
        else:
            values[at : at + length] = bits.several(length, word)
        at += length
    return values


class _Bits:
    """A reader of bits, in order."""

    def __init__(self, bits: npt.NDArray[np.uint8]) -> None:
        self._bits = bits
        self._text = (bits + ord("0")).tobytes().decode("ascii")
        self._at = 0

    def read(self, count: int) -> int:
        """Read a number of `count` bits."""
        self._at += count
        if self._at > len(self._text):
            raise ValueError("its rle is cut short")
        return int(self._text[self._at - count : self._at], 2)

    def several(self, length: int, word: int) -> npt.NDArray[np.bool_]:
        """Read `length` numbers of `word` bits and return which are not 0."""
        start, self._at = self._at, self._at + length * word
        if self._at > len(self._text):
            raise ValueError("its rle is cut short")
        return np.asarray(self._bits[start : self._at].reshape(length, word).any(axis=1))
