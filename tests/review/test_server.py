"""The server behind the page, without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from drawn_run import BOX, NAMES, SIZE, write_data, write_run
from PIL import Image

pytest.importorskip("starlette", reason="the extra `review` is not installed")
pytest.importorskip("httpx2", reason="httpx2, which asks the server, is not installed")

from starlette.testclient import TestClient

from tag2mask.data import read_dataset
from tag2mask.data.masks import save_mask
from tag2mask.review.guard import TOKEN_HEADER
from tag2mask.review.server import LARGEST_BODY, Address, make_app
from tag2mask.review.source import open_source
from tag2mask.run_folder.folder import RunFolder

ADDRESS = Address("127.0.0.1", 8765, "secret-token")
BASE = "http://127.0.0.1:8765"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data set of three photos."""
    return write_data(tmp_path / "data")


def visit(path: Path, *, token: bool = True) -> TestClient:
    """Open the page as a browser does, or come without the token."""
    client = TestClient(make_app(open_source(path), ADDRESS), base_url=BASE,
                        raise_server_exceptions=False)
    if token:
        assert client.get(f"/?token={ADDRESS.token}").status_code == 200
        client.headers[TOKEN_HEADER] = ADDRESS.token
    return client


@pytest.fixture
def page(data: Path, tmp_path: Path) -> Iterator[TestClient]:
    """Give a browser that has opened the page of a run."""
    with visit(write_run(data, tmp_path / "run")) as client:
        yield client


def mask_of(page: TestClient, place: int = 0) -> tuple[np.ndarray, str]:
    """Read a mask and its version."""
    answer = page.get(f"/api/photos/{place}/mask")
    assert answer.status_code == 200
    width, height = map(int, answer.headers["x-size"].split("x"))
    return np.frombuffer(answer.content, np.uint8).reshape(height, width), answer.headers["etag"]


def place_of(page: TestClient, name: str) -> int:
    """Find a photo in the queue."""
    return [photo["name"] for photo in page.get("/api/queue").json()["photos"]].index(name)


def save(page: TestClient, place: int, mask: np.ndarray, version: str, **query: object) -> object:
    """Save a mask as the page does."""
    words = "&".join(f"{key}={value}" for key, value in query.items())
    return page.put(f"/api/photos/{place}/mask?{words}", content=mask.tobytes(),
                    headers={"if-match": version})


def test_the_queue_has_the_least_trusted_first(page: TestClient) -> None:
    """With tags, trust and state; photos that nobody judged come last."""
    queue = page.get("/api/queue").json()
    assert [photo["name"] for photo in queue["photos"]] == ["c", "a", NAMES[1]]
    assert queue["photos"][0].pop("draft")
    assert queue["photos"][0] == {"name": "c", "tags": [1], "trust": 0.1, "state": "untouched",
                                  "version": "new", "seconds": 0}
    assert [c["name"] for c in queue["classes"]] == ["box", "ring"]
    assert queue["sitting"] == 1


def test_a_mask_begins_as_the_pseudo_mask_and_is_saved_as_labels(
    page: TestClient, data: Path
) -> None:
    """An 8-bit PNG of the photo's size, and a line in the log."""
    place = place_of(page, "a")
    mask, version = mask_of(page, place)
    assert mask.shape == SIZE
    assert mask[20, 30] == 1
    assert mask[0, 0] == 0
    changed = mask.copy()
    changed[0, :5], changed[1, :5] = 255, 2
    answer = save(page, place, changed, version, seconds=12, clicks=3)
    assert answer.status_code == 204
    with Image.open(data / "annotations" / "a.png") as picture:
        assert picture.mode in ("P", "L")
        assert np.array_equal(np.asarray(picture), changed)
    assert np.array_equal(mask_of(page, place)[0], changed)
    entry = json.loads((data / "annotations" / "log.jsonl").read_text())
    assert entry.pop("when").endswith("+00:00")
    assert entry == {"name": "a", "state": "corrected", "sitting": 1, "seconds": 12, "clicks": 3}


def test_a_later_save_of_an_old_version_is_asked_about(page: TestClient) -> None:
    """Two tabs on one photo: the second one is told what is there now."""
    mask, version = mask_of(page)
    first = save(page, 0, mask, version, state="accepted")
    second = save(page, 0, np.zeros_like(mask), version)
    assert (first.status_code, second.status_code) == (204, 412)
    assert second.headers["etag"] == first.headers["etag"]
    assert np.array_equal(mask_of(page)[0], mask)
    assert save(page, 0, np.zeros_like(mask), second.headers["etag"]).status_code == 204


def test_states_outlive_the_server_and_sittings_are_counted(page: TestClient, data: Path) -> None:
    """A new server over the data set alone shows the same masks and states."""
    mask, version = mask_of(page)
    save(page, 0, mask, version, state="accepted", seconds=5)
    page.post("/api/photos/1/skip?seconds=2")
    with (data / "annotations" / "log.jsonl").open("ab") as log:
        log.write(b'{"name": "a", "sta')  # killed while it wrote
    with visit(data) as again:
        queue = again.get("/api/queue").json()
        states = {photo["name"]: photo["state"] for photo in queue["photos"]}
        assert states == {"a": "skipped", "c": "accepted", NAMES[1]: "untouched"}
        assert queue["sitting"] == 2
        place = place_of(again, NAMES[1])
        empty, version = mask_of(again, place)
        assert not empty.any()
        assert save(again, place, empty, version).status_code == 204
    lines = (data / "annotations" / "log.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["sitting"] == 2


def test_a_click_is_answered_with_the_box(page: TestClient) -> None:
    """From the scores and the present mask that the page sends."""
    mask, _ = mask_of(page)
    answer = page.post("/api/photos/0/propose?label=1&clicks=[[20,42,true],[2,2,false]]",
                       content=mask.tobytes())
    region = np.frombuffer(answer.content, np.uint8).reshape(SIZE) > 0
    box = np.zeros(SIZE, bool)
    box[BOX] = True
    assert (region & box).sum() / (region | box).sum() > 0.75


def test_a_turned_photo_is_upright_everywhere(page: TestClient) -> None:
    """Photo, mask and what is saved have the size that a person sees."""
    place = place_of(page, "c")
    answer = page.get(f"/api/photos/{place}/photo")
    assert answer.headers["content-type"] == "image/jpeg"
    assert mask_of(page, place)[0].shape == SIZE
    assert page.get(f"/api/photos/{place}/thumbnail").headers["content-type"] == "image/webp"


def test_layers_of_the_run(page: TestClient, tmp_path: Path) -> None:
    """The network's mask, that among the tags if there is one, and the scores."""
    place = place_of(page, "a")
    network = np.frombuffer(page.get(f"/api/photos/{place}/network").content, np.uint8)
    assert network.reshape(SIZE)[20, 30] == 1
    final = RunFolder(tmp_path / "run").final_file("a")
    save_mask(final, np.full(SIZE, 2, np.uint8), num_labels=3)
    network = np.frombuffer(page.get(f"/api/photos/{place}/network").content, np.uint8)
    assert (network == 2).all()
    heat = np.frombuffer(page.get(f"/api/photos/{place}/heat?label=1").content, np.uint8)
    assert heat.reshape(SIZE)[20, 30] > 150 > heat.reshape(SIZE)[0, 0]
    assert page.get(f"/api/photos/{place}/heat?label=2").status_code == 404
    assert page.get(f"/api/photos/{place_of(page, 'c')}/network").status_code == 404


def test_a_large_photo_is_edited_smaller_and_saved_whole(tmp_path: Path) -> None:
    """What was not touched keeps its pixels."""
    (tmp_path / "images").mkdir()
    Image.new("RGB", (3000, 1000), "grey").save(tmp_path / "images" / "wide.png")
    (tmp_path / "tags.csv").write_text("image,tags,split\nimages/wide.png,box,train\n")
    (tmp_path / "annotations").mkdir()
    fine = np.zeros((1000, 3000), np.uint8)
    fine[::2, 1500:] = 1
    Image.fromarray(fine).save(tmp_path / "annotations" / "wide.png")
    with visit(tmp_path) as page:
        mask, version = mask_of(page)
        assert mask.shape == (683, 2048)
        mask = mask.copy()
        mask[100:200, 100:300] = 1
        assert save(page, 0, mask, version).status_code == 204
    with Image.open(tmp_path / "annotations" / "wide.png") as picture:
        saved = np.asarray(picture)
    assert np.array_equal(saved[:, 1500:], fine[:, 1500:])
    assert saved[200:250, 200:400].all()
    assert not saved[400:, :1400].any()


@pytest.mark.parametrize("host", ["evil.example:8765", "127.0.0.1", "127.0.0.1:80", ""])
def test_another_name_is_refused(page: TestClient, host: str) -> None:
    """A name that somebody points at this machine reads nothing (DNS rebinding)."""
    answer = page.get("/api/queue", headers={"host": host})
    assert answer.status_code == 421
    assert "photos" not in answer.text


@pytest.mark.parametrize("headers", [
    {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9999"},
    {"sec-fetch-site": "cross-site"}, {TOKEN_HEADER: "wrong"}, {TOKEN_HEADER: ""},
])
def test_writes_from_elsewhere_are_refused(
    page: TestClient, data: Path, headers: dict[str, str]
) -> None:
    """Other sites, and whoever has the cookie but no token."""
    mask, version = mask_of(page)
    for method, path in (("PUT", "/api/photos/0/mask"), ("POST", "/api/train"),
                         ("POST", "/api/photos/0/skip"), ("POST", "/api/photos/0/propose")):
        answer = page.request(method, path, content=mask.tobytes(),
                              headers={"if-match": version, **headers})
        assert answer.status_code in (401, 403)
    assert not (data / "annotations").exists()


def test_the_page_itself_may_write(page: TestClient) -> None:
    """Its origin is this server."""
    mask, version = mask_of(page)
    answer = page.put("/api/photos/0/mask", content=mask.tobytes(),
                      headers={"if-match": version, "origin": BASE,
                               "sec-fetch-site": "same-origin"})
    assert answer.status_code == 204


@pytest.mark.parametrize("path", ["/", "/api/queue", "/api/photos/0/photo", "/static/main.js",
                                  "/?token=wrong"])
def test_nothing_is_shown_without_the_token(data: Path, path: str) -> None:
    """Not the photos either: other users of the machine can reach the port."""
    with visit(data, token=False) as stranger:
        assert stranger.get(path).status_code == 401


def test_large_bodies_are_refused(page: TestClient) -> None:
    """By their length, and while they come where none is given."""
    assert page.put("/api/photos/0/mask", content=b"x" * (LARGEST_BODY + 1)).status_code == 413
    chunks = (b"x" * 1_000_000 for _ in range(LARGEST_BODY // 1_000_000 + 2))
    assert page.put("/api/photos/0/mask", content=chunks).status_code == 413


@pytest.mark.parametrize("path", [
    "/api/photos/3/mask", "/api/photos/-1/mask", "/api/photos/..%2f..%2ftags.csv/mask",
    "/static/../guard.py", "/static/%2e%2e/guard.py", "/api/photos/99999999999999999999/mask"])
def test_only_photos_of_the_queue_can_be_named(page: TestClient, path: str) -> None:
    """Requests hold numbers; a path leads nowhere."""
    assert page.get(path).status_code == 404


@pytest.mark.parametrize(("query", "body"), [
    ("label=3&clicks=[[1,1,true]]", None), ("label=1&clicks=[[99,1,true]]", None),
    ("label=1&clicks=x", None), ("label=1&clicks=[1]", None), ("label=1&clicks=[]", None),
    ("label=1&clicks=[[1,1,true]]", b"short"), ("label=-1&clicks=[[1,1,true]]", None)])
def test_nonsense_is_a_sentence(page: TestClient, query: str, body: bytes | None) -> None:
    """Never a traceback."""
    content = mask_of(page)[0].tobytes() if body is None else body
    answer = page.post(f"/api/photos/0/propose?{query}", content=content)
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


def test_masks_with_unknown_labels_are_refused(page: TestClient, data: Path) -> None:
    """Three is no class here."""
    mask, version = mask_of(page)
    assert save(page, 0, np.full_like(mask, 3), version).status_code == 400
    assert not (data / "annotations").exists()


def test_every_answer_forbids_scripts_from_elsewhere(page: TestClient) -> None:
    """The page's own script files are the only ones, and it is in nobody's frame."""
    for path in ("/", "/api/queue", "/nowhere", "/static/main.js"):
        headers = page.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in page.get("/").text
    assert "style=" not in page.get("/").text


def test_names_with_markup_stay_text(page: TestClient) -> None:
    """They come as JSON only, and no script of the page makes markup from text."""
    assert NAMES[1] in [p["name"] for p in page.get("/api/queue").json()["photos"]]
    assert "<b>bold" not in page.get("/").text
    folder = Path(__file__).parents[2] / "src" / "tag2mask" / "review" / "static"
    scripts = list(folder.glob("*.js"))
    assert scripts
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, script.name


def test_a_data_set_alone_has_no_run_to_repeat(data: Path) -> None:
    """The command is shown, the button refuses."""
    with visit(data) as page:
        assert page.get("/api/queue").json()["command"].startswith("tag2mask run ")
        assert page.post("/api/train").status_code == 409
        assert page.get("/api/train").json()["state"] == "idle"


def test_what_is_saved_does_not_change_photos_and_classes(
    page: TestClient, data: Path
) -> None:
    """The folder of annotations is no layout of its own."""
    before = read_dataset(data)
    mask, version = mask_of(page)
    save(page, 0, mask, version)
    after = read_dataset(data)
    assert after.classes == before.classes
    assert [(p.name, p.tags, p.mask) for p in after.photos] == [
        (p.name, p.tags, p.mask) for p in before.photos]


def back(page: TestClient, place: int, to: str, version: str) -> object:
    """Go back as the page does."""
    return page.post(f"/api/photos/{place}/back?to={to}&seconds=3&clicks=1",
                     headers={"if-match": version})


def state_of(page: TestClient, place: int) -> tuple[str, str]:
    """Read the state and the version of a photo in the queue."""
    photo = page.get("/api/queue").json()["photos"][place]
    return photo["state"], photo["version"]


@pytest.mark.parametrize("to", ["draft", "start"])
def test_a_photo_that_goes_back_is_untouched_again(
    page: TestClient, data: Path, to: str
) -> None:
    """Without a file, so that the next run does not take the draft for a mask of a person."""
    place = place_of(page, "a")
    draft, version = mask_of(page, place)
    answer = save(page, place, np.zeros_like(draft), version, state="accepted", clicks=3)
    assert (answer.headers["x-state"], answer.headers["x-changed"]) == ("accepted", "1")
    answer = back(page, place, to, answer.headers["etag"])
    assert answer.status_code == 204
    assert (answer.headers["etag"], answer.headers["x-state"]) == ('"new"', "untouched")
    assert state_of(page, place) == ("untouched", "new")
    assert not (data / "annotations" / "a.png").exists()
    assert np.array_equal(mask_of(page, place)[0], draft)
    assert page.get("/api/queue").json()["done"] == {}
    with visit(data) as again:
        assert state_of(again, place_of(again, "a")) == ("untouched", "new")


def test_a_mask_of_an_earlier_session_is_restored(page: TestClient, data: Path) -> None:
    """Byte for byte, with its state; going back to the draft removes it."""
    place = place_of(page, "a")
    draft, version = mask_of(page, place)
    save(page, place, np.where(draft == 1, 2, draft).astype(np.uint8), version, state="accepted")
    file = data / "annotations" / "a.png"
    before = file.read_bytes()
    with visit(data.parent / "run") as later:
        version = later.get(f"/api/photos/{place}/mask").headers["etag"]
        version = save(later, place, draft, version).headers["etag"]
        version = save(later, place, np.zeros_like(draft), version).headers["etag"]
        answer = later.get(f"/api/photos/{place}/mask")
        assert f'"{answer.headers["x-first"]}"' not in (version, '"new"')
        restored = back(later, place, "start", version)
        assert file.read_bytes() == before
        assert restored.headers["x-state"] == state_of(later, place)[0] == "accepted"
        assert restored.headers["etag"] == f'"{answer.headers["x-first"]}"'
        assert back(later, place, "draft", version).status_code == 412
        assert back(later, place, "draft", restored.headers["etag"]).status_code == 204
        assert state_of(later, place) == ("untouched", "new")
        drawn = np.frombuffer(later.get(f"/api/photos/{place}/draft").content, np.uint8)
        assert np.array_equal(drawn.reshape(SIZE), draft)
        assert back(later, place, "nowhere", '"new"').status_code == 400


def remarks_of(page: TestClient, place: int) -> tuple[str, str]:
    """Read what is remarkable about a draft: the network's mask, and the largest class."""
    headers = page.get(f"/api/photos/{place}/mask").headers
    return headers["x-network"], headers["x-most"]


def test_a_draft_that_is_mostly_wrong_is_pointed_out(page: TestClient, tmp_path: Path) -> None:
    """The network's mask where it differs much, and a class that covers most of the photo."""
    place = place_of(page, "a")
    assert remarks_of(page, place) == ("0", "0")
    tint = np.full(SIZE, 2, np.uint8)
    tint[:4] = 255
    Image.fromarray(tint).save(tmp_path / "run" / "masks" / "a.png")
    assert remarks_of(page, place) == ("1", "2")
    Image.fromarray(tint).save(tmp_path / "run" / "predictions" / "a.png")
    assert remarks_of(page, place) == ("0", "2")
    (tmp_path / "run" / "predictions" / "a.png").unlink()
    assert remarks_of(page, place) == ("0", "2")
    Image.fromarray(np.full(SIZE, 255, np.uint8)).save(tmp_path / "run" / "masks" / "a.png")
    assert remarks_of(page, place) == ("0", "0")
    save(page, place, tint, '"new"')
    assert remarks_of(page, place) == ("0", "0")  # somebody has looked at it


def test_the_state_follows_the_file(page: TestClient, data: Path) -> None:
    """What was removed by hand is untouched, and what came from elsewhere is corrected."""
    place = place_of(page, "a")
    mask, version = mask_of(page, place)
    save(page, place, mask, version, state="accepted")
    file = data / "annotations" / "a.png"
    content = file.read_bytes()
    file.unlink()
    assert state_of(page, place) == ("untouched", "new")
    assert back(page, place, "draft", '"new"').status_code == 204
    file.write_bytes(content)
    assert state_of(page, place)[0] == "corrected"
