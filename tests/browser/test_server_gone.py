"""A server that has ended: what the page says, and that nothing passes for done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

Tab = Callable[..., Any]


def states(page: Any) -> list[str]:  # noqa: ANN401
    """Return the state of each photo in the list."""
    found: list[str] = page.evaluate("tag2mask.queue.photos.map(({ state }) => state)")
    return found


def test_a_photo_is_not_accepted_by_a_server_that_is_gone(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """The page says so below the photo, and why at the top."""
    server = serve(run, "--order", "name")
    page = tab(server.url)
    server.kill()
    page.keyboard.press("a")
    page.locator("#saved.trouble", has_text="The server does not answer").wait_for()
    page.locator("#hint", has_text="a is not marked as accepted: it could not be saved").wait_for()
    assert page.locator("#name").inner_text() == "a"
    assert states(page)[0] == "untouched"


def test_an_answer_that_was_only_late_marks_the_photo(
    run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """It is saved again by itself, and the line below the photo is taken back."""
    page = tab(serve(run, "--order", "name").url)
    page.route("**/mask?*", lambda route: route.abort())
    page.keyboard.press("a")
    page.locator("#hint", has_text="is not marked as accepted").wait_for()
    page.unroute("**/mask?*")
    page.locator("#saved", has_text="Saved").wait_for()
    assert states(page)[0] == "accepted"
    assert "not marked" not in page.locator("#hint").inner_text()


@pytest.mark.parametrize(("key", "words"), [("s", "start tag2mask review again"), ("n", "answer")])
def test_no_other_photo_is_shown_by_a_server_that_is_gone(
    key: str, words: str, run: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """Skipping marks nothing, and the page says why."""
    server = serve(run, "--order", "name")
    page = tab(server.url)
    server.kill()
    page.keyboard.press(key)
    page.locator("#saved.trouble", has_text=words).wait_for()
    assert page.locator("#name").inner_text() == "a"
    assert states(page)[0] == "untouched"
