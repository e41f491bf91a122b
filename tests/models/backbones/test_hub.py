"""Weights from the model hub: its cache, a hub on this machine, and every way to fail."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import save, save_file

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BACKBONES, create_backbone, hub

REPO, COMMIT = "timm/resnet18.a1_in1k", "c0ffee" + 34 * "0"


class Hub(ThreadingHTTPServer):
    """Serves one file as the hub does; remembers who asked for what."""

    content = b""
    broken = 0
    """An HTTP status to answer with."""
    asked: list[tuple[str, str, str | None]]


class Answer(BaseHTTPRequestHandler):
    """The headers are those that the hub's library reads."""

    server: Hub

    def do_HEAD(self) -> None:
        """Tell size, commit and checksum."""
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        found = self.path == f"/{REPO}/resolve/main/model.safetensors"
        self.send_response(self.server.broken or (200 if found else 404))
        if not found:
            self.send_header("X-Error-Code", "RepoNotFound")
        checksum = hashlib.sha256(self.server.content).hexdigest()
        for name, value in {"X-Repo-Commit": COMMIT, "ETag": f'"{checksum}"',
                            "Content-Length": str(len(self.server.content))}.items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        """Send the file too."""
        self.do_HEAD()
        self.wfile.write(self.server.content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty cache, and no hub that could be reached."""
    for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the port that discards everything
    monkeypatch.setenv("HF_TOKEN", "not-to-be-sent")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return tmp_path / "home"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Give a hub on this machine."""
    with Hub(("127.0.0.1", 0), Answer) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{running.server_port}/")
        yield running
        running.shutdown()
        thread.join()


def put_into_cache(cache: Path, content: bytes) -> Path:
    """Lay a file where the hub's library keeps it."""
    folder = cache / f"models--{REPO.replace('/', '--')}"
    file = folder / "snapshots" / COMMIT / "model.safetensors"
    for path, text in ((file, content), (folder / "refs" / "main", COMMIT.encode())):
        path.parent.mkdir(parents=True)
        path.write_bytes(text)
    return file


def test_the_cache_is_enough(
    home: Path, server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked, offline or not; both variables that place the cache are read."""
    file = put_into_cache(home / "hub", b"mine")
    assert hub.fetch(REPO) == file
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub.fetch(REPO) == file
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    other = put_into_cache(tmp_path / "elsewhere", b"other")
    assert hub.fetch(REPO).read_bytes() == b"other"
    assert hub.fetch(REPO) == other
    assert server.asked == []


def test_pretrained_is_downloaded_once(home: Path, server: Hub) -> None:
    """From the mirror, into the cache, without a token; then it works offline."""
    state = create_backbone("resnet18").state_dict()
    state["conv1.weight"] = torch.full_like(state["conv1.weight"], 0.25)
    server.content = save(dict(state) | {"fc.weight": torch.zeros(1000, 512)})
    for _ in range(2):
        backbone = create_backbone("resnet18", weights="pretrained")
        assert torch.equal(backbone.state_dict()["conv1.weight"], state["conv1.weight"])
        assert backbone.fixed_statistics
    assert [command for command, _, _ in server.asked].count("GET") == 1
    assert not [token for _, _, token in server.asked if token]
    assert list((home / "hub").rglob("model.safetensors"))


def test_weights_of_another_repository_are_fetched(server: Hub) -> None:
    """By their address; one that is no address is refused before anything is asked."""
    state = create_backbone("resnet34").state_dict()
    state["conv1.weight"] = torch.full_like(state["conv1.weight"], 0.5)
    server.content = save(dict(state))
    backbone = create_backbone("resnet34", weights=f"hf://{REPO}")
    assert torch.equal(backbone.state_dict()["conv1.weight"], state["conv1.weight"])
    asked = len(server.asked)
    with pytest.raises(InputError, match="hf://USER/NAME"):
        create_backbone("resnet34", weights="hf://no-name")
    assert len(server.asked) == asked


def test_nothing_is_asked_unless_it_is_wanted(home: Path, server: Hub, tmp_path: Path) -> None:
    """From scratch, or with a file of one's own."""
    save_file(create_backbone("resnet18").state_dict(), tmp_path / "own.safetensors")
    create_backbone("resnet18", weights=tmp_path / "own.safetensors")
    assert server.asked == []
    assert not home.exists()


def told(repo: str = REPO) -> str:
    """Fail to fetch, and give the sentence."""
    with pytest.raises(InputError) as caught:
        hub.fetch(repo)
    sentence = str(caught.value)
    url = f"https://huggingface.co/{repo}/resolve/main/model.safetensors"
    assert f"download {url} elsewhere" in sentence
    for fix in ("--set classify.weights=FILE", "HF_ENDPOINT", "--set classify.weights=none"):
        assert fix in sentence
    assert sentence.count(". ") == 0
    return sentence


def test_offline_is_told_without_asking(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the cache does not have it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "yes")
    assert "are not in the cache, and HF_HUB_OFFLINE is set" in told()
    assert server.asked == []


def test_a_hub_out_of_reach_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One question, not minutes of them."""
    def never(*_: object, local_files_only: bool = False, **__: object) -> str:
        assert local_files_only, "the download was started"
        raise FileNotFoundError("not there")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", never)
    assert "could not be fetched from http://127.0.0.1:9 (ConnectError)" in told()


@pytest.mark.parametrize("status", [401, 500, 503])
def test_a_hub_that_refuses_is_told(status: int, server: Hub) -> None:
    """It is asked once."""
    server.broken = status
    told()
    assert len(server.asked) == 1


@pytest.mark.parametrize("endpoint", ["no address", "http://[", "ftp://127.0.0.1"])
def test_a_mirror_that_is_none_is_told(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a mistake of the user's."""
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    assert endpoint in told()


@pytest.mark.usefixtures("server")
def test_a_repository_that_is_not_there_is_told() -> None:
    """By name."""
    assert "timm/nothing" in told("timm/nothing")


def test_a_full_disk_is_not_called_a_missing_hub(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line has a sentence of its own for it."""
    real = huggingface_hub.hf_hub_download

    def full(repo: str, file: str, **options: object) -> str:
        if options.get("local_files_only"):
            return str(real(repo, file, **options))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", full)
    with pytest.raises(OSError, match="No space left"):
        hub.fetch(REPO)


def test_every_resnet_names_its_repository() -> None:
    """As published by timm."""
    origins = {f"resnet{depth}": BACKBONES.get(f"resnet{depth}").origin
               for depth in (18, 34, 50, 101)}
    assert origins == {
        "resnet18": "timm/resnet18.a1_in1k", "resnet34": "timm/resnet34.a1_in1k",
        "resnet50": "timm/resnet50.a1_in1k", "resnet101": "timm/resnet101.a1h_in1k",
    }
