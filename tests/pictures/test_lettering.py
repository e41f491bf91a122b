"""Names on pictures: letters that a font has, letters that none has, and lines that fit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import ImageFont

from tag2mask.pictures import lettering
from tag2mask.pictures.lettering import fit, font, missing_letters


@pytest.fixture
def no_system_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave nothing but Pillow's own font, as in a container."""
    monkeypatch.setattr(lettering, "_SYSTEM_FONTS", ())
    font.cache_clear()
    yield
    font.cache_clear()


def test_english_looks_the_same_everywhere() -> None:
    """No font of the system is taken where Pillow's own has all letters."""
    assert font(14, "cracked tile").getname() == ImageFont.load_default(14).getname()
    assert font(14, "").size == 14


@pytest.mark.parametrize("name", [
    "Möbelstück", "\u03c1\u03c9\u03b3\u03bc\u03ae", "\u0442\u0440\u0435\u0449\u0438\u043d\u0430",
    "\uade0\uc5f4", "\u88c2\u7f1d",
])
def test_other_letters_are_taken_from_a_font_that_has_them(name: str) -> None:
    """Where this system has one; nothing else would write more of them."""
    line, face = fit(name, 14, 500)
    assert line == name
    lacking = [len(missing_letters(name, other)) for other in lettering._fonts(14)]
    assert len(missing_letters(name, face)) == min(lacking)


@pytest.mark.usefixtures("no_system_fonts")
def test_accents_are_dropped_where_no_font_has_them() -> None:
    """Composed or not, letters without an accent stay, and so do those of other scripts."""
    assert fit("Mo\u0308belstu\u0308ck caf\u00e9", 14, 500)[0] == "Mobelstuck cafe"
    line, face = fit("\uade0\uc5f4", 14, 500)
    assert line == "\uade0\uc5f4"
    assert missing_letters(line, face) == set(line)


def test_a_long_line_is_cut() -> None:
    """With an ellipsis, at most as wide as asked for, on one line."""
    line, face = fit("a very\nlong name of a class", 14, 60)
    assert line.endswith("…")
    assert "\n" not in line
    assert face.getlength(line) <= 60
    assert fit("cat", 14, 60)[0] == "cat"
