"""A person at the page: `make test-browser`."""

from __future__ import annotations

import json
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


def test_click_brush_undo_accept_and_reload(
    run: Path, data: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """The whole way: what was done is there after a reload, and in the file."""
    page = tab(serve(run, "--order", "name").url)
    assert page.locator("#name").text_content() == "a"
    begun = labels(page)
    click(page, 42, 20)
    click(page, 50, 36, "right")
    box = np.zeros(SIZE, bool)
    box[BOX] = True
    fixed = labels(page)
    assert (fixed[box] == 1).mean() > 0.9
    page.keyboard.press("b")
    drag(page, (3, 3), (10, 3))
    drawn = labels(page)
    assert drawn[3, 6] == 1 != fixed[3, 6]
    page.keyboard.press("Control+z")
    assert np.array_equal(labels(page), fixed)
    page.keyboard.press("y")
    assert np.array_equal(labels(page), drawn)
    page.keyboard.press("z")
    assert np.array_equal(saved(page, data / "annotations" / "a.png"), fixed)
    while page.evaluate("tag2mask.back(false), tag2mask.editor.past.length"):
        pass
    assert np.array_equal(labels(page), begun)
    while page.evaluate("tag2mask.back(true), tag2mask.editor.future.length"):
        pass
    page.keyboard.press("a")
    left(page, "a")
    page.reload()
    page.locator("body[data-open]").wait_for()
    go(page, "a")
    assert page.locator(".photo[aria-current=true]").text_content() == "aboxaccepted"
    last = [json.loads(line) for line in (data / "annotations" / "log.jsonl").open()][-1]
    assert (last["name"], last["state"], last["sitting"]) == ("a", "accepted", 1)
    with Image.open(data / "annotations" / "a.png") as picture:
        assert np.array_equal(labels(page), np.asarray(picture))


def test_polygon_box_fill_and_clear(run: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """Each tool changes what it says."""
    page = tab(serve(run, "--order", "name").url)
    page.keyboard.press("2")
    page.keyboard.press("g")
    for x, y in ((2, 32), (16, 32), (16, 38), (2, 38)):
        click(page, x, y)
    page.keyboard.press("Enter")
    assert (labels(page)[33:37, 4:15] == 2).all()
    page.keyboard.press("x")
    click(page, 30, 20)
    assert not (labels(page)[BOX] == 1).any()
    page.keyboard.press("1")
    page.keyboard.press("r")
    drag(page, (19, 9), (45, 31))
    page.evaluate("tag2mask.tools.answers")
    assert (labels(page)[BOX] == 1).mean() > 0.8
    page.keyboard.press("u")
    page.keyboard.press("f")
    click(page, 1, 1)
    assert labels(page)[1, 1] == 255
    page.evaluate("tag2mask.copyNetwork()")
    page.locator("#saved", has_text="Sav").wait_for()
    assert labels(page)[1, 1] == 0


def test_a_second_tab_is_asked(run: Path, data: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """The one that saves later chooses; neither mask is lost without a word."""
    page = tab(serve(run, "--order", "name").url)
    other = tab(page.url, beside=page)
    for each, y in ((page, 3), (other, 36)):
        each.keyboard.press("b")
        drag(each, (3, y), (12, y))
        if each is page:
            all_saved(page)
    other.locator("#conflict").wait_for()
    other.locator("#mine").click()
    mask = saved(other, data / "annotations" / "a.png")
    assert (mask[36, 6], mask[3, 6]) == (1, 0)
    page.keyboard.press("e")
    drag(page, (3, 3), (12, 3))
    page.locator("#conflict").wait_for()
    page.locator("#theirs").click()
    page.locator("body[data-version]").wait_for()
    page.evaluate("tag2mask.opening")
    mask = labels(page)
    assert (mask[36, 6], mask[3, 6]) == (1, 0)


def test_a_killed_server_loses_nothing(
    run: Path, data: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """What could not be saved comes back when the page is opened again."""
    server = serve(run, "--order", "name", "--port", "8931")
    page = tab(server.url)
    page.keyboard.press("b")
    drag(page, (3, 3), (12, 3))
    all_saved(page)
    server.kill()
    drag(page, (3, 36), (12, 36))
    page.locator("#saved.trouble").wait_for()
    mask = labels(page)
    assert not list((data / "annotations").glob("*.tmp*"))
    page.goto(serve(run, "--order", "name", "--port", "8931").url)
    page.locator("body[data-open]").wait_for()
    go(page, "a")
    assert np.array_equal(labels(page), mask)
    assert np.array_equal(saved(page, data / "annotations" / "a.png"), mask)


def test_a_closed_tab_loses_nothing(run: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """Closed right after the stroke, before anything was sent."""
    page = tab(serve(run, "--order", "name").url)
    address = page.url
    page.keyboard.press("b")
    drag(page, (3, 3), (12, 3))
    mask, context = labels(page), page.context
    page.close()
    again = context.new_page()
    again.goto(address)
    again.locator("body[data-open]").wait_for()
    go(again, "a")
    assert np.array_equal(labels(again), mask)


def test_turned_and_large_photos(tmp_path: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """A photo of 8,000 x 6,000 that is stored turned is edited upright and saved whole."""
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "images").mkdir()
    photo = Image.new("RGB", (6000, 8000), (90, 90, 90))
    photo.paste((220, 30, 30), (0, 0, 3000, 8000))  # the upper half once it is upright
    photo.save(tmp_path / "images" / "large.jpg", exif=exif, quality=80)
    (tmp_path / "tags.csv").write_text("image,tags,split\nimages/large.jpg,box,train\n")
    page = tab(serve(tmp_path).url)
    page.locator("#saved", has_text=re.compile(r"2048 . 1536 of 8000 . 6000")).wait_for()
    click(page, 1000, 300)
    mask = saved(page, tmp_path / "annotations" / "large.png")
    assert mask.shape == (6000, 8000)
    assert (mask[:2900] == 1).mean() > 0.95
    assert (mask[3100:] == 1).mean() < 0.05


def test_a_name_with_markup_is_text(run: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """It is shown letter by letter."""
    page = tab(serve(run).url)
    go(page, NAMES[1])
    assert page.locator("h1 b, .photo b b").count() == 0


def test_keyboard_only(run: Path, data: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """A mask is corrected and accepted without a pointer; ? shows the keys."""
    page = tab(serve(run, "--order", "name").url)
    page.keyboard.press("?")
    assert "Undo" in page.locator("#keys").text_content()
    page.keyboard.press("Escape")
    page.locator("#help").wait_for(state="hidden")  # which closes a moment later
    page.keyboard.press("b")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert labels(page)[20, 6] == 1
    page.keyboard.press("a")
    left(page, "a")
    with Image.open(data / "annotations" / "a.png") as picture:
        assert np.asarray(picture)[20, 6] == 1


def test_the_end_of_a_sitting(run: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """It says what was done and how to train again."""
    page = tab(serve(run, "--order", "name").url)
    page.keyboard.press("a")
    left(page, "a")
    page.locator("#finish").click()
    assert "1 accepted, 0 of them changed in" in page.locator("#summary").text_content()
    assert page.locator("#command").text_content().startswith("tag2mask run ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (3840, 2160), (1024, 768), (768, 1024), (390, 844)])
def test_everything_fits(
    run: Path, serve: Callable[..., Any], tab: Tab, scheme: str, size: tuple[int, int]
) -> None:
    """Nothing is cut off, light and dark, from a phone to 4k, and the photo has room."""
    page = tab(serve(run).url, viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("[...document.querySelectorAll('aside button, header button')]"
                         ".filter((each) => each.scrollWidth > each.clientWidth"
                         " || each.getBoundingClientRect().right > innerWidth)"
                         ".map((each) => each.textContent)") == []
    canvas = page.locator("#canvas").bounding_box()
    assert min(canvas["width"], canvas["height"]) > 300
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) is (scheme == "dark")


def test_the_list_unfolds_on_a_phone(run: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """It covers the photo until one is chosen."""
    page = tab(serve(run, "--order", "name").url, viewport={"width": 390, "height": 844},
               has_touch=True)
    assert page.locator("nav").is_hidden()
    page.locator("#photos").click()
    go(page, NAMES[1])
    assert page.locator("nav").is_hidden()
    page.locator("#actions button", has_text="Accept").click()
    left(page, NAMES[1])


def test_scores_and_the_networks_mask_are_shown(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """One at a time, and off again."""
    page = tab(serve(run, "--order", "name").url)
    for key, title in (("h", "Heat"), ("w", "Network")):
        page.keyboard.press(key)
        shown = page.locator("#layers button[aria-pressed=true]", has_text=title)
        shown.wait_for()
        assert page.evaluate("[tag2mask.view.overKind, tag2mask.view.overShown]") == [
            title.lower(), True]
    page.keyboard.press("w")
    shown.wait_for(state="detached")
    assert not page.evaluate("tag2mask.view.overShown")
