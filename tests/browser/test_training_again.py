"""A whole training from the button, and one that outlives its server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from acting import drag, go, left, saved
from PIL import Image
from tiny_runs import QUICK, write_tags_csv

from tag2mask import pipeline

pytestmark = pytest.mark.browser

LONG = 600_000
"""Milliseconds after which a training has hung, on a machine that is busy with others."""

Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run that went through everything, over data of its own; it is trained again here."""
    home = tmp_path_factory.mktemp("trained")
    return pipeline.run(write_tags_csv(home / "tiny"), home / "run", overrides=QUICK).root


def paint(page: Any, file: Path) -> np.ndarray:  # noqa: ANN401
    """Draw a line on the mask that is open, and give the mask that is saved."""
    page.keyboard.press("b")
    drag(page, (6, 6), (30, 6))
    return saved(page, file)


def test_a_training_from_the_button(
    trained: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """Its progress is shown, correcting goes on, and at the end there are two figures."""
    page = tab(serve(trained, "--order", "name").url)
    mask = paint(page, trained.parent / "tiny" / "annotations" / "p00.png")
    page.locator("#finish").click()
    page.locator("#train").dblclick()
    page.locator("#train-state", has_text="Training.").wait_for()
    assert page.locator("#train").is_disabled()
    page.locator("#train-lines", has_text=re.compile(r"\w")).wait_for(timeout=LONG)
    page.locator("#go-on").click()
    assert page.locator("#finish").text_content() == "Training…"
    page.keyboard.press("n")
    page.locator("#finish", has_text="Training done").wait_for(timeout=LONG)
    page.locator("#finish").click()
    assert re.fullmatch(r"Done\. Before: [\d.]+ .+\. After: [\d.]+ .+\.",
                        page.locator("#train-state").text_content())
    assert "Report" in page.locator("#train-lines").text_content()
    with Image.open(trained / "masks" / "p00.png") as picture:
        assert np.array_equal(np.asarray(picture), mask)
    page.locator("#reload").click()
    page.locator("body[data-open]").wait_for()


def test_a_training_outlives_its_server(
    trained: Path, serve: Callable[..., Any], tab: Tab
) -> None:
    """The next server says that the run is being trained, and when that has ended."""
    server = serve(trained, "--order", "name")
    page = tab(server.url)
    go(page, "p01")
    paint(page, trained.parent / "tiny" / "annotations" / "p01.png")
    page.locator("#finish").click()
    page.locator("#train").click()
    page.locator("#train-lines", has_text=re.compile(r"\w")).wait_for(timeout=LONG)
    server.kill()
    page.locator("#train-state", has_text="does not answer").wait_for()
    again = tab(serve(trained, "--order", "name").url)
    again.locator("#finish", has_text="Training…").wait_for()
    again.locator("#finish").click()
    again.locator("#train-state", has_text="Another process").wait_for()
    assert again.locator("#train").is_disabled()
    again.locator("#train-state", has_text="The training has ended.").wait_for(timeout=LONG)
    again.locator("#reload").click()
    again.locator("body[data-open]").wait_for()
    name = again.locator("#name").text_content()
    again.keyboard.press("a")
    left(again, name)
    assert (trained.parent / "tiny" / "annotations" / f"{name}.png").exists()
