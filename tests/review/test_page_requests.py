"""What the page asks for besides masks: tiles of large photos, the sitting so far, deep photos."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from drawn_run import SIZE, write_data, write_run
from PIL import Image

pytest.importorskip("starlette", reason="the extra `review` is not installed")
pytest.importorskip("httpx2", reason="httpx2, which asks the server, is not installed")

from starlette.testclient import TestClient

from tag2mask.data import read_dataset
from tag2mask.data.depth import DepthRule
from tag2mask.data.reading_rules import with_depth
from tag2mask.review.guard import TOKEN_HEADER
from tag2mask.review.server import Address, make_app
from tag2mask.review.source import open_source
from tag2mask.review.training import Training
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder

ADDRESS = Address("127.0.0.1", 8765, "secret-token")


def visit(path: Path) -> TestClient:
    """Open the page as a browser does."""
    client = TestClient(make_app(open_source(path, order="name"), ADDRESS),
                        base_url="http://127.0.0.1:8765", raise_server_exceptions=False)
    client.get(f"/?token={ADDRESS.token}")
    client.headers[TOKEN_HEADER] = ADDRESS.token
    return client


def write_photos(root: Path, *photos: Image.Image) -> Path:
    """Write a data set of PNG photos a, b, ... with the tag box."""
    (root / "images").mkdir(parents=True)
    rows = ["image,tags,split"]
    for name, photo in zip("abcd", photos, strict=False):
        photo.save(root / "images" / f"{name}.png")
        rows.append(f"images/{name}.png,box,train")
    (root / "tags.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


def picture(page: TestClient, path: str) -> np.ndarray:
    """Read a picture that the server sends."""
    answer = page.get(path)
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as sent:
        return np.asarray(sent)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Give a run over drawn photos."""
    return write_run(write_data(tmp_path / "data"), tmp_path / "run")


@pytest.fixture
def page(run: Path) -> Iterator[TestClient]:
    """Give a browser that has opened its page."""
    with visit(run) as client:
        yield client


def accept(page: TestClient, place: int) -> int:
    """Accept the mask of a photo as it is."""
    answer = page.get(f"/api/photos/{place}/mask")
    saved = page.put(f"/api/photos/{place}/mask?state=accepted&seconds=7", content=answer.content,
                     headers={"if-match": answer.headers["etag"]})
    return int(saved.status_code)


def test_a_large_photo_comes_in_tiles_of_its_own_pixels(tmp_path: Path) -> None:
    """Also the smaller ones at its edges; beyond them there is none."""
    rows, columns = np.mgrid[:1100, :2600]
    image = np.stack([rows % 256, columns // 16, rows * 0], axis=-1).astype(np.uint8)
    with visit(write_photos(tmp_path, Image.fromarray(image))) as page:
        inner = picture(page, "/api/photos/0/tile?row=1&column=4")
        assert inner.shape == (512, 512, 3)
        assert np.abs(inner.astype(int) - image[512:1024, 2048:2560]).mean() < 4
        assert picture(page, "/api/photos/0/tile?row=2&column=5").shape == (76, 40, 3)
        assert page.get("/api/photos/0/tile?row=3&column=0").status_code == 400


def test_tiles_are_those_of_the_photo_that_was_asked_for(page: TestClient) -> None:
    """One photo is kept decoded, and another one takes its place."""
    sizes = [picture(page, f"/api/photos/{place}/tile?row=0&column=0").shape for place in (0, 2, 0)]
    assert sizes == [(*SIZE, 3)] * 3
    assert page.get("/api/photos/9/tile?row=0&column=0").status_code == 404


def test_photos_of_16_bits_have_one_brightness_for_the_data_set(tmp_path: Path) -> None:
    """As in training: each on its own scale would hide that one of them is dark."""
    ramp = np.linspace(0, 60_000, 40 * 60).reshape(40, 60)
    photos = [Image.fromarray(values.astype(np.uint16)) for values in (ramp, ramp / 8)]
    data = read_dataset(write_photos(tmp_path / "data", *photos))
    write_dataset(RunFolder(tmp_path / "run"), with_depth(data, DepthRule(low=0, high=60_000)))
    with visit(tmp_path / "run") as page:
        for part in ("photo", "tile?row=0&column=0"):
            bright, dark = (picture(page, f"/api/photos/{n}/{part}").max() for n in (0, 1))
            assert bright > 200
            assert dark < 60


def test_the_sitting_goes_on_after_a_reload(page: TestClient) -> None:
    """What was done since the server started, and the time it took."""
    assert page.get("/api/queue").json()["done"] == {}
    assert accept(page, 0) == 204
    page.post("/api/photos/2/skip?seconds=3")
    queue = page.get("/api/queue").json()
    assert queue["done"] == {"a": "accepted", "c": "skipped"}
    assert queue["spent"] == 10


def test_the_sitting_begins_with_nothing_done(run: Path) -> None:
    """What an earlier server saved counts for its own sitting."""
    with visit(run) as before:
        accept(before, 0)
    with visit(run) as page:
        queue = page.get("/api/queue").json()
    assert (queue["done"], queue["spent"], queue["sitting"]) == ({}, 0, 2)


def test_trust_is_that_of_the_last_training(page: TestClient, run: Path) -> None:
    """The order stays, since places name photos."""
    names = [photo["name"] for photo in page.get("/api/queue").json()["photos"]]
    (run / "trust.csv").write_text("image,split,class,trust\na,train,,0.93\n", encoding="utf-8")
    photos = page.get("/api/queue").json()["photos"]
    assert [photo["name"] for photo in photos] == names
    assert photos[0]["trust"] == 0.93


def test_thumbnails_show_the_masks_of_a_new_training(page: TestClient, run: Path) -> None:
    """At another address, since the browser keeps them for a day."""
    before = page.get("/api/queue").json()["photos"][0]
    shown = page.get("/api/photos/0/thumbnail").content
    mask = run / "masks" / "a.png"
    mask.unlink()
    assert page.get("/api/queue").json()["photos"][0]["draft"] == ""
    Image.fromarray(np.ones(SIZE, np.uint8)).save(mask)
    after = page.get("/api/queue").json()["photos"][0]
    assert after["version"] == before["version"] == "new"
    assert after["draft"] != before["draft"]
    assert page.get("/api/photos/0/thumbnail").content != shown


def test_a_mask_that_is_being_made_again_is_not_shown_as_empty(
    page: TestClient, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever accepts an empty mask would say that nothing is there."""
    accept(page, 2)
    for file in (run / "masks").iterdir():
        file.unlink()
    assert page.get("/api/photos/0/mask").headers["x-draft"] == "0"
    monkeypatch.setattr(Training, "busy", True)
    answer = page.get("/api/photos/0/mask")
    assert answer.status_code == 409
    assert "when it has ended" in answer.text
    assert page.get("/api/photos/2/mask").status_code == 200  # saved by a person
    monkeypatch.setattr(Training, "busy", False)
    assert not any(page.get("/api/photos/0/mask").content)


def ask(page: TestClient, labels: np.ndarray, query: str) -> np.ndarray:
    """Click on a mask, and return the region that is answered."""
    answer = page.post(f"/api/photos/0/propose?{query}", content=labels.tobytes())
    assert answer.status_code == 200, answer.text
    return np.frombuffer(answer.content, np.uint8).reshape(labels.shape) > 0


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[TestClient, np.ndarray]]:
    """Give a page with a photo of two red boxes, and a mask that covers both not quite."""
    image = np.random.default_rng(0).integers(100, 130, (*SIZE, 3)).astype(np.uint8)
    draft = np.zeros(SIZE, np.uint8)
    for left in (4, 36):
        image[8:32, left:left + 20] = 220, 30, 30
        draft[9:31, left + 1:left + 17] = 1
    root = write_photos(tmp_path, Image.fromarray(image))
    (root / "classes.txt").write_text("background\nbox\nring\n", encoding="utf-8")
    with visit(root) as page:
        yield page, draft


ONE, OTHER = np.s_[8:32, 4:24], np.s_[8:32, 36:56]
WHOLE = pytest.mark.parametrize("whole", [0, 1])


@WHOLE
def test_a_click_adds_only_around_it_and_takes_nothing(
    two: tuple[TestClient, np.ndarray], whole: int
) -> None:
    """A person does not look at the other part, also of a draft."""
    page, draft = two
    region = ask(page, draft, f"label=1&whole={whole}&clicks=[[9,22,true]]")
    assert region[ONE].mean() > 0.9
    assert np.array_equal(region[OTHER], draft[OTHER] == 1)
    assert region[draft == 1].all()


@WHOLE
def test_a_removing_click_takes_only_the_part_that_was_clicked(
    two: tuple[TestClient, np.ndarray], whole: int
) -> None:
    """It gives nothing, neither there nor elsewhere."""
    page, draft = two
    region = ask(page, draft, f"label=1&whole={whole}&clicks=[[20,14,false]]")
    assert region[ONE].mean() < 0.1
    assert np.array_equal(region[OTHER], draft[OTHER] == 1)
    assert not region[draft == 0].any()


@WHOLE
@pytest.mark.parametrize(("y", "x"), [(2, 2), (20, 30), (9, 22), (36, 58)])
@pytest.mark.parametrize("before", ["", "[15,44,true],"])
def test_a_removing_click_on_background_changes_nothing(
    two: tuple[TestClient, np.ndarray], whole: int, y: int, x: int, before: str
) -> None:
    """Also where the class may well be, and after other clicks."""
    page, draft = two
    region = ask(page, draft, f"label=1&whole={whole}&clicks=[{before}[{y},{x},false]]")
    assert np.array_equal(region, draft == 1)


@WHOLE
@pytest.mark.parametrize("label", [2, 255])
def test_a_click_takes_another_class_only_in_the_part_that_was_clicked(
    two: tuple[TestClient, np.ndarray], whole: int, label: int
) -> None:
    """Clicked outside of it, it leaves the other class alone; undecided pixels are free."""
    page, draft = two
    beside = ask(page, draft, f"label={label}&whole={whole}&clicks=[[20,22,true]]")
    assert beside[20, 22]
    assert not beside[draft == 1].any()
    on = ask(page, draft, f"label={label}&whole={whole}&clicks=[[20,10,true]]")
    assert on[20, 10]
    assert on[ONE].mean() > 0.6
    assert not on[OTHER][draft[OTHER] == 1].any()
    if label == 2:
        undecided = np.where(draft == 1, 255, 0).astype(np.uint8)
        free = ask(page, undecided, f"label=2&whole={whole}&clicks=[[20,22,true]]")
        assert free[ONE].mean() > 0.9


def test_clicks_that_come_together_count_each_for_its_own_place(
    two: tuple[TestClient, np.ndarray]
) -> None:
    """A person clicks twice before the answer to the first is there."""
    page, draft = two
    region = ask(page, draft, "label=1&clicks=[[9,22,true],[2,2,false],[20,44,false]]")
    assert region[9, 22]
    assert region[ONE].mean() > draft[ONE].mean()
    assert region[OTHER].mean() < 0.1


def test_a_box_fills_its_middle_and_a_plausible_object(
    two: tuple[TestClient, np.ndarray]
) -> None:
    """And nothing outside of it; a box that leaves the photo is a sentence."""
    page, draft = two
    for box, there in (((7, 3, 33, 26), ONE), ((30, 24, 36, 32), np.s_[32:34, 27:29])):
        query = "&".join(f"{side}={at}" for side, at in zip(
            ("top", "left", "bottom", "right"), box, strict=True))
        answer = page.post(f"/api/photos/0/box?label=1&{query}", content=draft.tobytes())
        region = np.frombuffer(answer.content, np.uint8).reshape(SIZE) > 0
        inside = np.zeros(SIZE, bool)
        inside[box[0]:box[2], box[1]:box[3]] = True
        assert region[there].mean() > 0.95
        assert region[inside].mean() > 0.35
        assert not region[~inside].any()
    for query in ("label=1&top=4&left=4&bottom=4&right=9", "label=1&top=0&left=0&bottom=41&right=9",
                  "label=9&top=0&left=0&bottom=9&right=9"):
        answer = page.post(f"/api/photos/0/box?{query}", content=draft.tobytes())
        assert answer.status_code == 400
    assert page.post("/api/photos/0/box?label=1&bottom=9&right=9", content=b"").status_code == 400
