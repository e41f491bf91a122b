"""Undo to the draft, clicks that must change nothing, and what the line below the photo says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from acting import all_saved, click, drag, go, labels, left, saved
from drawn_run import BOX, NAMES, SIZE
from PIL import Image

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]


def state(page: Any, name: str) -> str:  # noqa: ANN401
    """Read the state of a photo as the page has it."""
    return str(page.evaluate(
        "name => tag2mask.queue.photos.find((photo) => photo.name === name).state", name))


def hint(page: Any) -> str:  # noqa: ANN401
    """Read the line below the photo."""
    return str(page.locator("#hint").text_content())


@pytest.mark.parametrize("tool", ["c", "d", "x"])
def test_removing_where_nothing_is_marked_changes_nothing(
    run: Path, data: Path, serve: Callable[..., Any], tab: Tab, tool: str
) -> None:
    """The page says so, and the photo stays untouched."""
    page = tab(serve(run, "--order", "name").url)
    begun = labels(page)
    assert begun[28, 42] == 0  # in the box, where the scores do not see it
    page.keyboard.press(tool)
    for x, y in ((42, 28), (3, 3)):
        click(page, x, y, "right" if tool == "c" else "left")
        assert np.array_equal(labels(page), begun)
        assert "Nothing is marked there" in hint(page)
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter" if tool == "d" else "Shift+Enter")
    page.evaluate("tag2mask.tools.answers")
    assert np.array_equal(labels(page), begun)
    assert state(page, "a") == "untouched"
    assert not (data / "annotations").exists()
    page.keyboard.press("b")
    assert "Nothing is marked there" not in hint(page)


def test_undo_to_the_draft_leaves_the_photo_untouched(
    run: Path, data: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """Also after going to another photo and coming back; redo brings it all again."""
    page = tab(serve(run, "--order", "name").url)
    file, begun = data / "annotations" / "a.png", labels(page)
    click(page, 42, 20)
    page.keyboard.press("b")
    drag(page, (3, 3), (10, 3))
    drawn = saved(page, file)
    go(page, NAMES[1])
    go(page, "a")
    assert np.array_equal(labels(page), drawn)
    page.keyboard.press("z")
    page.keyboard.press("z")
    assert np.array_equal(labels(page), begun)
    all_saved(page)
    assert state(page, "a") == "untouched"
    assert not file.exists()
    go(page, NAMES[1])
    go(page, "a")
    page.keyboard.press("y")
    page.keyboard.press("y")
    assert np.array_equal(saved(page, file), drawn)
    assert state(page, "a") == "corrected"
    assert page.evaluate("tag2mask.editor.future.length") == 0


def test_undo_to_a_mask_of_an_earlier_session_restores_it(
    run: Path, data: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """With its state; the draft is another step back."""
    first = serve(run, "--order", "name")
    page = tab(first.url)
    page.keyboard.press("b")
    drag(page, (3, 3), (10, 3))
    page.keyboard.press("a")
    left(page, "a")
    first.kill()
    file = data / "annotations" / "a.png"
    before = file.read_bytes()
    page = tab(serve(run, "--order", "name").url)
    go(page, "a")
    kept = labels(page)
    page.keyboard.press("e")
    drag(page, (3, 3), (10, 3))
    assert saved(page, file)[3, 6] == 0
    page.keyboard.press("z")
    all_saved(page)
    assert file.read_bytes() == before
    assert state(page, "a") == "accepted"
    page.keyboard.press("t")
    page.locator(".photo[aria-current=true]", has_text=re.compile("trust")).wait_for()
    assert not file.exists()
    assert labels(page)[3, 6] == 0
    page.keyboard.press("z")
    page.locator(".photo[aria-current=true]", has_text="accepted").wait_for()
    assert np.array_equal(labels(page), kept)
    assert file.read_bytes() == before


def test_an_accepted_draft_can_go_back(
    run: Path, data: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """Although its mask was never changed."""
    page = tab(serve(run, "--order", "name").url)
    page.keyboard.press("a")
    left(page, "a")
    assert (data / "annotations" / "a.png").exists()
    go(page, "a")
    page.get_by_role("button", name="Back to draft").click()
    page.locator(".photo[aria-current=true]", has_text="trust").wait_for()
    assert state(page, "a") == "untouched"
    assert not (data / "annotations" / "a.png").exists()


def test_undo_to_what_was_accepted_is_accepted(
    run: Path, data: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """A draft that somebody found right is more than a draft."""
    page = tab(serve(run, "--order", "name").url)
    page.keyboard.press("a")
    left(page, "a")
    for _ in range(2):
        go(page, "a")
        page.keyboard.press("b")
        drag(page, (3, 3), (10, 3))
        assert saved(page, data / "annotations" / "a.png")[3, 6] == 1
        assert state(page, "a") == "corrected"
        page.keyboard.press("z")
        page.locator(".photo[aria-current=true]", has_text="accepted").wait_for()
        with Image.open(data / "annotations" / "a.png") as picture:
            assert np.asarray(picture)[3, 6] == 0
        page.reload()
        page.locator("body[data-open]").wait_for()


def test_a_better_start_is_pointed_out(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """A tint over everything is named, until something is done."""
    Image.fromarray(np.full(SIZE, 2, np.uint8)).save(run / "masks" / "a.png")
    page = tab(serve(run, "--order", "name").url)
    assert "Most is marked as ring: X clears a part." in hint(page)
    assert "Mostly wrong? M starts from the network's mask." in hint(page)
    page.keyboard.press("m")
    all_saved(page)
    assert "Most" not in hint(page)
    assert not (labels(page) == 2).any()
    go(page, NAMES[1])
    assert "Most" not in hint(page)


def test_undecided_pixels_at_accepting(
    run: Path, data: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """The page says what happens with them; one key makes them background."""
    for name in ("a", NAMES[1]):
        with Image.open(run / "masks" / f"{name}.png") as picture:
            mask = np.asarray(picture).copy()
        mask[:4, :36] = 255
        Image.fromarray(mask).save(run / "masks" / f"{name}.png")
    page = tab(serve(run, "--order", "name").url)
    assert "6 % undecided: the next run decides these; 0 makes them background." in hint(page)
    page.keyboard.press("0")
    mask = saved(page, data / "annotations" / "a.png")
    assert not (mask == 255).any()
    assert "undecided" not in hint(page)
    page.keyboard.press("a")
    left(page, "a")
    assert "a: " not in hint(page)
    page.keyboard.press("a")
    left(page, NAMES[1])
    page.locator("#hint", has_text=f"{NAMES[1]}: 6 % undecided: the next run decides").wait_for()


def test_brush_and_eraser_have_a_size_each(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """One step of the keys and of the wheel is half as large again."""
    page = tab(serve(run, "--order", "name").url)
    size = page.locator("#size")
    page.keyboard.press("b")
    page.keyboard.press("]")
    assert size.get_attribute("aria-valuetext") == "18 pixels"
    page.keyboard.press("e")
    assert size.get_attribute("aria-valuetext") == "12 pixels"
    page.keyboard.press("[")
    assert size.get_attribute("aria-valuetext") == "8 pixels"
    box = page.locator("#canvas").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.keyboard.down("Shift")
    page.mouse.wheel(0, 120)
    page.wait_for_function("document.getElementById('size').title === '5 pixels'")
    page.keyboard.up("Shift")
    page.keyboard.press("b")
    assert size.get_attribute("aria-valuetext") == "18 pixels"
    drag(page, (30, 20), (30, 20))
    assert labels(page)[4, 30] == 1


def test_number_keys_do_not_move(data: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """A photo that has only the tag of the second class has it second, and bold."""
    tags = (data / "tags.csv").read_text(encoding="utf-8")
    (data / "tags.csv").write_text(tags.replace("a.png,box", "a.png,ring"), encoding="utf-8")
    page = tab(serve(data, "--order", "name").url)
    rows = page.locator("#classes button")
    assert [row.split()[0] for row in rows.all_inner_texts()] == ["box", "ring", "undecided"]
    assert page.locator("#classes .tagged").all_inner_texts() == [rows.nth(1).inner_text()]
    page.keyboard.press("1")
    assert page.evaluate("tag2mask.label") == 1


def test_a_box_fills_its_middle_on_a_textured_photo(
    data: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """Whole, from an empty mask, and as one step."""
    rng = np.random.default_rng(0)
    photo = rng.integers(100, 130, (*SIZE, 3)).astype(np.uint8)
    photo[BOX] = 220, 30, 30
    for left_edge in range(20, 44, 8):
        photo[10:30, left_edge:left_edge + 4] = 30, 30, 220
    photo[14:26:4, 20:44] = 230, 220, 40
    Image.fromarray(photo).save(data / "images" / "a.png")
    page = tab(serve(data, "--order", "name").url)
    page.keyboard.press("r")
    drag(page, (18, 8), (46, 32))
    page.evaluate("tag2mask.tools.answers")
    found = labels(page) == 1
    assert found[20, 32]
    assert found[BOX].mean() > 0.8
    assert found[BOX].sum() > 0.9 * found.sum()
    page.keyboard.press("z")
    assert not labels(page).any()
