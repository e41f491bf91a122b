"""A runtime is asked for by name, and told when it is not there; values are tested on a run."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import write_json
from tag2mask.core.registry import Registry
from tag2mask.prediction import runtimes
from tag2mask.prediction.exported import options
from tag2mask.prediction.runtimes import CHOICE, RUNTIMES, WEIGHTS, load_runtime


def use(monkeypatch: pytest.MonkeyPatch, **loaders: object) -> None:
    """Let these be all the runtimes there are."""
    fakes: Registry[object] = Registry("runtime")
    fakes.update(loaders)
    monkeypatch.setattr(runtimes, "RUNTIMES", fakes)


def test_an_unknown_runtime_is_told(tmp_path: Path) -> None:
    """With those there are."""
    assert RUNTIMES.names()[0] == "onnx"
    with pytest.raises(InputError, match="choose one of onnx, torch, compiled, openvino"):
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


@pytest.mark.parametrize(("written", "device", "taken"), [
    (None, "cpu", "onnx"),
    ("torch_bfloat16", "cpu", "torch_bfloat16"),
    ("openvino_bfloat16", "cpu", "onnx"),  # known to be the fastest, and not installed
    ("torch_bfloat16", "cuda", "torch"),
    ("no name", "cpu", "onnx"),
])
def test_auto_takes_what_was_found_best_where_it_is_there(
    written: object, device: str, taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a CPU that is quick in bfloat16; a GPU has torch."""
    monkeypatch.setattr(runtimes, "bfloat16_runtimes", lambda: ("torch_bfloat16",))
    use(monkeypatch, **{name: lambda *_, name=name: name for name in RUNTIMES.names()})
    if written:
        write_json(tmp_path / CHOICE, {"runtime": written})
    assert load_runtime(tmp_path, "auto", device=device) == taken


def test_auto_takes_nothing_that_this_cpu_is_slow_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run may have been trained on another machine."""
    monkeypatch.setattr(runtimes, "in_bfloat16", lambda: False)
    use(monkeypatch, onnx=lambda *_: "onnx")
    write_json(tmp_path / CHOICE, {"runtime": "torch_bfloat16"})
    assert load_runtime(tmp_path, "auto") == "onnx"


def test_a_choice_of_another_machine_does_not_hold_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounding and speed may be others; an old record does not tell where it was made."""
    monkeypatch.setattr(runtimes, "bfloat16_runtimes", lambda: ("torch_bfloat16",))
    use(monkeypatch, onnx=lambda *_: "onnx", torch_bfloat16=lambda *_: "quick")
    taken = {}
    for machine in ("", runtimes.chosen_for(), "a machine elsewhere"):
        write_json(tmp_path / CHOICE, {"runtime": "torch_bfloat16", "machine": machine})
        taken[machine] = load_runtime(tmp_path, "auto")
    assert list(taken.values()) == ["quick", "quick", "onnx"]


def test_auto_takes_torch_where_nothing_was_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And who asks for the exported network is told that there is none."""
    (tmp_path / WEIGHTS).touch()
    with monkeypatch.context() as patched:
        use(patched, torch=lambda *_: "torch")
        assert load_runtime(tmp_path, "auto") == "torch"
    with pytest.raises(InputError, match=r"model\.onnx is missing; .* --set segment\.onnx=true"):
        load_runtime(tmp_path, "onnx")


def test_as_many_compute_at_once_as_were_announced() -> None:
    """Two meet inside the network; where one was announced, nobody ever meets anybody."""
    images, meeting = np.zeros((1, 3, 2, 2)), threading.Barrier(2, timeout=60)

    def meet(images: np.ndarray) -> np.ndarray:
        meeting.wait()
        return images

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(runtimes._in_turn(meet, 2), [images] * 6))) == 6
        inside: list[int] = []
        alone = runtimes._in_turn(lambda images: (inside.append(1), len(inside), inside.pop())[1])
        assert set(pool.map(alone, [images] * 200)) == {1}


def test_cores_are_shared() -> None:
    """Each of those that compute at once has a part of them, and never none."""
    assert options(2).intra_op_num_threads == max(1, options(1).intra_op_num_threads // 2)
    assert options(1000).intra_op_num_threads == 1


def test_threads_do_not_spin() -> None:
    """A photo is decoded beside the network."""
    assert options().intra_op_num_threads >= 1
    assert options().get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_network_is_loaded_onto_the_gpu_of_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By number: threads that call it would take "cuda" for the first GPU."""
    seen: list[str] = []

    def load(folder: Path, device: torch.device, together: int) -> tuple[None, None]:
        seen.append(str(device))
        return None, None

    use(monkeypatch, torch=load)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    for name, value in {"RANK": "6", "LOCAL_RANK": "2", "WORLD_SIZE": "8"}.items():
        monkeypatch.setenv(name, value)
    load_runtime(tmp_path, device="cuda")
    assert seen == ["cuda:2"]
