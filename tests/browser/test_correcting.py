"""What a person who has read nothing tries first, with a mouse and with fingers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from acting import all_saved, at, click, drag, go, labels, left, saved
from drawn_run import BOX, NAMES, SIZE
from PIL import Image

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]


def box_share(page: Any, label: int) -> float:  # noqa: ANN401
    """Return how much of the box has a label."""
    return float((labels(page)[BOX] == label).mean())


def test_a_right_click_removes_what_is_shown_whatever_class_is_chosen(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """A person sees a wrong area, not which class is chosen."""
    page = tab(serve(run, "--order", "name").url)
    page.keyboard.press("2")
    click(page, 32, 20, "right")
    assert box_share(page, 1) < 0.1
    assert page.evaluate("tag2mask.label") == 2
    assert not (labels(page) == 2).any()


def test_removing_has_a_tool_of_its_own(run: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """A pen or a finger has no right button; in this tool the right one adds."""
    page = tab(serve(run, "--order", "name").url)
    page.get_by_role("button", name="Remove here").click()
    click(page, 32, 20)
    assert box_share(page, 1) < 0.1
    click(page, 32, 20, "right")
    assert box_share(page, 1) > 0.9


def test_the_line_below_names_the_class_that_a_click_gives(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """With how to go on."""
    page = tab(serve(run, "--order", "name").url)
    assert "it becomes box." in page.locator("#hint").text_content()
    assert "Accept" in page.locator("#hint").text_content()
    page.keyboard.press("2")
    assert "it becomes ring." in page.locator("#hint").text_content()
    page.keyboard.press("u")
    assert "it becomes undecided." in page.locator("#hint").text_content()


def touch(session: Any, kind: str, *points: tuple[float, float]) -> None:  # noqa: ANN401
    """Put, move or lift fingers."""
    session.send("Input.dispatchTouchEvent", {
        "type": f"touch{kind}",
        "touchPoints": [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]})


def test_one_finger_clicks_and_two_zoom(run: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """Zooming leaves the mask alone, also when the first finger has begun to draw."""
    page = tab(serve(run, "--order", "name").url, has_touch=True)
    session = page.context.new_cdp_session(page)
    begun, scale = labels(page), page.evaluate("tag2mask.view.scale")
    for tool in ("c", "b"):
        page.keyboard.press(tool)
        one, other = at(page, 20, 20), at(page, 40, 20)
        touch(session, "Start", one)
        touch(session, "Start", one, other)
        touch(session, "Move", (one[0] - 60, one[1]), (other[0] + 60, other[1]))
        touch(session, "End")
        wider = page.evaluate("tag2mask.view.scale")
        assert wider > scale * 1.1
        scale = wider
        page.evaluate("tag2mask.tools.answers")
        assert np.array_equal(labels(page), begun)
    page.keyboard.press("d")
    touch(session, "Start", at(page, 32, 20))
    assert np.array_equal(labels(page), begun)
    touch(session, "End")
    page.evaluate("tag2mask.tools.answers")
    assert box_share(page, 1) < 0.1


def test_a_large_photo_is_sharp_where_one_zooms_in(
    tmp_path: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """Stripes of one pixel, which the small version shows as grey."""
    (tmp_path / "images").mkdir()
    stripes = np.zeros((1500, 6000, 3), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "images" / "wide.png")
    (tmp_path / "tags.csv").write_text("image,tags,split\nimages/wide.png,box,train\n")
    page = tab(serve(tmp_path).url)
    page.keyboard.press("v")  # without the mask
    assert page.evaluate("tag2mask.view.tiles.loaded.size") == 0
    page.evaluate("tag2mask.view.zoom(40, 300, 300)")
    page.evaluate("tag2mask.view.drawNow()")
    page.evaluate("Promise.all([...tag2mask.view.tiles.loaded.values()].map(t => t.decode()))")
    page.evaluate("tag2mask.view.drawNow()")
    shown = page.evaluate(
        "[...tag2mask.view.context.getImageData(200, 300, 200, 1).data].filter((_, i) => !(i % 4))")
    assert max(shown) - min(shown) > 150
    assert page.evaluate("tag2mask.view.tiles.loaded.size") < 10


def test_opening_the_open_photo_again_is_no_conflict(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """What is drawn while it loads stays, and what is drawn after it is saved."""
    page = tab(serve(run, "--order", "name").url)
    page.keyboard.press("b")
    page.evaluate("() => { window.again = tag2mask.open(tag2mask.place); }")
    drag(page, (3, 3), (10, 3))
    all_saved(page)
    page.evaluate("window.again")
    drag(page, (3, 30), (10, 30))
    file = run.parent / "data" / "annotations" / "a.png"
    mask = saved(page, file)
    assert (mask[3, 4:9] == 1).all()
    assert (mask[30, 4:9] == 1).all()
    assert page.locator("#conflict").is_hidden()


def test_the_end_of_the_list_is_said(run: Path, serve: Callable[..., Any], tab: Tab) -> None:
    """Accepting the last photo leaves it open, and the list shows its state."""
    page = tab(serve(run, "--order", "name").url)
    page.locator(".photo").last.click()
    page.locator("#name", has_text=re.compile(f"^{NAMES[2]}$")).wait_for()
    page.keyboard.press("a")
    page.locator("#saved", has_text="last photo").wait_for()
    assert page.locator("#name").text_content() == NAMES[2]
    assert "accepted" in page.locator(".photo[aria-current=true]").text_content()


def test_the_sitting_is_counted_over_a_reload(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """What was done before is still in the sum."""
    page = tab(serve(run, "--order", "name").url)
    page.locator("#finish").click()
    assert "No mask has been" in page.locator("#summary").text_content()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    left(page, "a")
    page.keyboard.press("b")
    drag(page, (3, 3), (10, 3))
    all_saved(page)
    page.reload()
    page.locator("body[data-open]").wait_for()
    page.locator("#finish").click()
    summary = page.locator("#summary").text_content()
    assert summary.startswith("1 accepted, 0 of them changed, 1 corrected only in ")


def test_training_again_is_followed_to_its_end(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """A training that cannot begin says why on the page, and correcting goes on."""
    (run / "config.toml").write_text("[nonsense]\nx = 1\n", encoding="utf-8")
    page = tab(serve(run, "--order", "name").url)
    page.locator("#finish").click()
    page.locator("#train").click()
    page.locator("#train-state", has_text=re.compile("failed")).wait_for(timeout=600_000)
    assert "nonsense" in page.locator("#train-lines").text_content()
    assert page.locator("#reload").is_hidden()
    page.locator("#go-on").click()
    go(page, NAMES[1])
    assert labels(page).shape == SIZE


def test_the_slider_reaches_small_and_large_brushes(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """One key at a time through the small sizes, and to the largest; keys move the slider too."""
    page = tab(serve(run, "--order", "name").url)
    page.keyboard.press("b")
    slider = page.locator("#size")
    slider.press("Home")
    sizes = [page.evaluate("tag2mask.tools.size")]
    for _ in range(3):
        slider.press("ArrowRight")
        sizes.append(page.evaluate("tag2mask.tools.size"))
    assert sizes == [1, 2, 3, 4]
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == "250 pixels"
    page.locator("#canvas").press("[")
    assert slider.get_attribute("aria-valuetext") == "167 pixels"
