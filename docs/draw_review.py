"""Draw the picture of the review page: `python docs/draw_review.py docs/review.webp`.

Draws scenes, spoils their true masks as a first run would, opens the page in Chromium, corrects
the first photo by boxes and clicks and takes a picture. Needs Playwright and Chromium, as
`make test-browser` does.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from scipy.ndimage import distance_transform_edt, find_objects, label

from tag2mask.data import load_mask, read_dataset, save_mask
from tag2mask.data.dataset import Dataset
from tag2mask.data.scenes import write_scenes
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.tables import write_table

SIZE = {"width": 1366, "height": 768}


def spoiled(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Make a mask as coarse as a first draft: cells of pixels, some of them wrong."""
    cell = 13
    coarse = mask[cell // 2::cell, cell // 2::cell].copy()
    foreground = np.unique(mask[mask > 0])
    wrong = rng.random(coarse.shape) < 0.04
    if len(foreground):
        coarse[wrong] = rng.choice(np.append(foreground, 0), int(wrong.sum()))
    rows, columns = (np.minimum(np.arange(side) // cell, kept - 1)
                     for side, kept in zip(mask.shape, coarse.shape, strict=True))
    return np.ascontiguousarray(coarse[rows][:, columns])


def write_run(dataset: Dataset, root: Path) -> None:
    """Write the drafts and a trust for each, as a run would leave them."""
    rng, run, rows = np.random.default_rng(3), RunFolder(root), []
    write_dataset(run, dataset)
    labels = len(dataset.classes) + 1
    for photo in dataset.split("train")[:120]:
        if photo.mask is None:
            continue
        true = load_mask(photo.mask, size=None, num_labels=labels)
        draft = spoiled(true, rng)
        save_mask(run.mask_file(photo.name), draft, num_labels=labels)
        rows.append([photo.name, "train", "", f"{(draft == true).mean() ** 8:.4f}"])
    write_table(run.trust, ["image", "split", "class", "trust"], rows)


def point(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return the point of the window that shows a pixel of the photo."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    left, top, scale = page.evaluate("[tag2mask.view.left, tag2mask.view.top, tag2mask.view.scale]")
    return box["x"] + left + x * scale, box["y"] + top + y * scale


def area(place: tuple[slice, ...]) -> int:
    """Return the area of a box; the smaller one of two that overlap is drawn last."""
    rows, columns = place
    return int((rows.stop - rows.start) * (columns.stop - columns.start))


def wrong(page: Page, true: np.ndarray) -> list[tuple[int, int]]:
    """Return a pixel in the middle of each large part that is marked where nothing is."""
    shown = np.array(page.evaluate("[...tag2mask.editor.labels]")).reshape(true.shape)
    found = []
    for number in np.unique(shown[shown > 0]):
        parts, count = label((shown == number) & (true == 0))
        depths = [distance_transform_edt(parts == part) for part in range(1, count + 1)]
        found += [divmod(int(depth.argmax()), true.shape[1]) for depth in depths if depth.max() > 3]
    return found


def picture(url: str, true: np.ndarray) -> Image.Image:
    """Open the page, draw a box around each thing, remove what is wrong, and take a picture."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, device_scale_factor=1)
        page.goto(url)
        page.locator("body[data-open]").wait_for()
        places = [(number, place) for number, place in enumerate(find_objects(true), 1) if place]
        for number, (rows, columns) in sorted(places, key=lambda each: -area(each[1])):
            page.evaluate("label => tag2mask.choose(label)", number)
            page.keyboard.press("r")
            page.mouse.move(*point(page, columns.start - 3, rows.start - 3))
            page.mouse.down()
            page.mouse.move(*point(page, columns.stop + 3, rows.stop + 3), steps=3)
            page.mouse.up()
            page.evaluate("tag2mask.tools.answers")
        page.keyboard.press("c")
        for y, x in wrong(page, true):
            page.mouse.click(*point(page, x + 0.5, y + 0.5), button="right")
            page.evaluate("tag2mask.tools.answers")
        page.locator("#saved", has_text="Saved").wait_for()
        page.evaluate("tag2mask.choose(tag2mask.photo.tags[0])")
        page.mouse.move(SIZE["width"] / 2, 5)  # off the photo
        page.locator(".photo img").first.wait_for()
        page.evaluate("Promise.all([...document.images].map(image => image.decode()))")
        taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    return taken


def main() -> None:
    """Write the picture to the path that was given."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = read_dataset(write_scenes(Path(folder) / "scenes", num_train=60, num_val=4))
        write_run(dataset, Path(folder) / "run")
        command = [sys.executable, "-u", "-m", "tag2mask", "review", f"{folder}/run", "--no-open"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = next(found[0] for line in server.stdout if (found := re.search(r"http\S+", line)))
            first = _first(dataset, RunFolder(Path(folder) / "run"))
            picture(url, first).save(sys.argv[1], quality=86)
        finally:
            server.kill()


def _first(dataset: Dataset, run: RunFolder) -> np.ndarray:
    from tag2mask.review.source import open_source

    photo = open_source(run.root).photos[0]
    assert photo.mask is not None
    return load_mask(photo.mask, size=None, num_labels=len(dataset.classes) + 1)


if __name__ == "__main__":
    main()
