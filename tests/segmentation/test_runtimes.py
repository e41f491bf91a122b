"""A runtime is asked for by name, and told when it is not there; values are tested on a run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tag2mask.contracts import InputError
from tag2mask.segmentation.runtimes import load_runtime, options, runtime_names


def test_an_unknown_runtime_is_told(tmp_path: Path) -> None:
    """With those there are."""
    assert runtime_names()[0] == "onnx"
    with pytest.raises(InputError, match="onnx, torch, compiled, openvino"):
        load_runtime(tmp_path, "tensorrt")


def test_a_runtime_that_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InputError, match=r"pip install 'tag2mask\[openvino\]'"):
        load_runtime(tmp_path, "openvino")


def test_a_missing_compiler_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name; it may be another than the usual one."""
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(InputError, match=r"no-such-compiler; install it, or name another in CXX"):
        load_runtime(tmp_path, "compiled")


def test_threads_do_not_spin() -> None:
    """A photo is decoded beside the network."""
    assert options().intra_op_num_threads >= 1
    assert options().get_session_config_entry("session.intra_op.allow_spinning") == "0"
