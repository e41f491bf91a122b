"""Damage to arrays and weights that keeps their file readable: shapes, types, NaN, names."""

from __future__ import annotations

import io
import json
import pickle
from random import Random
from typing import Any

import numpy as np
import torch
from mutating_bytes import ANY, Mutator
from mutating_json import JSON
from safetensors.torch import load, save
from torch import Tensor


class Payload:
    """What a pickle must not be allowed to do."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Write a file when it is unpickled."""
        return exec, ("open('escaped', 'w').write('x')",)


def change_array(array: np.ndarray, rng: Random) -> np.ndarray:
    """Change shape, type or values of an array."""
    ways = (
        lambda: array[:0], lambda: array[..., :1], lambda: array[None], lambda: array.reshape(-1),
        lambda: array.astype(np.complex64), lambda: array.astype(str),
        lambda: array.astype(np.int8),
        lambda: array > 0, lambda: array * np.float64(1e300), lambda: array * np.nan,
        lambda: -array.astype(np.float64) - 1, lambda: np.array(3.0), lambda: array.swapaxes(0, -1),
        lambda: np.concatenate([array, array]), lambda: array.astype(object),
        lambda: np.array([{"a": 1}, Payload()], dtype=object), lambda: array.astype(">f8"),
        lambda: np.zeros(array.shape, "M8[s]"), lambda: array + 10**6, lambda: np.zeros((0, 0, 0)),
    )
    with np.errstate(all="ignore"):
        return np.asarray(rng.choice(ways)())


def change_archive(content: bytes, rng: Random) -> bytes:
    """Change, drop or rename one array of an npz file."""
    with np.load(io.BytesIO(content)) as archive:
        arrays = dict(archive)
    name = rng.choice(sorted(arrays))
    way = rng.randrange(8)
    if way == 0:
        del arrays[name]
    elif way == 1:
        arrays[rng.choice(("x", "../escaped", "file"))] = arrays.pop(name)
    else:
        arrays[name] = change_array(arrays[name], rng)
    raw = io.BytesIO()
    np.savez_compressed(raw, **arrays)  # type: ignore[arg-type]
    return raw.getvalue()


def only_array(content: bytes, rng: Random) -> bytes:
    """Give a single array, or a pickle, in place of an archive."""
    raw = io.BytesIO()
    np.save(raw, change_array(np.ones((2, 3, 4), np.float32), rng), allow_pickle=True)
    return rng.choice((raw.getvalue(), pickle.dumps(Payload()), b"PK\x05\x06" + b"\0" * 18))


def change_tensor(tensor: Tensor, rng: Random) -> Any:  # noqa: ANN401 - it may be no tensor
    """Change shape, type or values of a tensor."""
    ways = (
        lambda: tensor[:0] if tensor.ndim else tensor[None], lambda: tensor[None], tensor.flatten,
        lambda: tensor.double(), lambda: tensor.to(torch.bfloat16), lambda: tensor.to(torch.int8),
        lambda: tensor.bool(), lambda: tensor * torch.nan, lambda: tensor * 1e38 * 1e38,
        lambda: torch.tensor(1.0), lambda: torch.zeros_like(tensor), tensor.half,
        lambda: tensor.repeat(2, *[1] * (tensor.ndim - 1)) if tensor.ndim else tensor,
    )
    return rng.choice(ways)()


def change_state(state: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Change, drop, rename or add tensors of a state dict."""
    name, way = rng.choice(sorted(state)), rng.randrange(7)
    if way == 0:
        kept = rng.sample(sorted(state), len(state) // rng.choice((1, 2, 50)))
        return {key: state[key] for key in kept}
    if way == 1:
        prefix = rng.choice(("module.", "model.", "net.a.b.", "\0", "é", ""))
        return {prefix + key: value for key, value in state.items()}
    if way == 2:
        return state | {"extra": torch.zeros(3), "": torch.zeros(0)}
    if way == 3:
        return {key: change_tensor(value, Random(rng.random())) for key, value in state.items()}
    return state | {name: change_tensor(state[name], rng)}


def change_weights(content: bytes, rng: Random) -> bytes:
    """Change tensors of a safetensors file, and lose its header's words."""
    state = change_state(load(content), rng)
    return save({key: value.contiguous() for key, value in state.items()},
                metadata=rng.choice((None, {}, {"classes": "x"}, {"format": "pt"})))


def change_header(content: bytes, rng: Random) -> bytes:
    """Damage the JSON in front of a safetensors file, with a length that fits it."""
    length = int.from_bytes(content[:8], "little")
    header = rng.choice(JSON)(content[8:8 + length], rng)
    return len(header).to_bytes(8, "little") + header + content[8 + length:]


def change_words(content: bytes, rng: Random) -> bytes:
    """Damage the words that a run stores beside its weights, and keep the tensors."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + length])
    words = header.get("__metadata__") or {"classes": "[]"}
    key = rng.choice(sorted(words))
    words[key] = rng.choice(JSON)(words[key].encode(), rng).decode("utf-8", "replace")
    raw = json.dumps(header | {"__metadata__": words}).encode()
    return len(raw).to_bytes(8, "little") + raw + content[8 + length:]


def change_checkpoint(content: bytes, rng: Random) -> bytes:
    """Give a .pth file of another form: wrapped, of no tensors, of foreign objects."""
    state = torch.load(io.BytesIO(content), weights_only=True)
    made = rng.choice((
        {"state_dict": state}, {"model": {"ema": state}}, [state], next(iter(state.values())),
        {"state_dict": None}, {}, None, 3, "text", {1: state},
        torch.nn.Linear(2, 2), Payload(), {"state_dict": state, "args": Payload()},
        *[change_state(state, rng)] * 6))
    raw = io.BytesIO()
    torch.save(made, raw, _use_new_zipfile_serialization=rng.random() < 0.8)
    return raw.getvalue()


ARCHIVE: tuple[Mutator, ...] = (*ANY, *[change_archive] * 8, only_array)
WEIGHTS: tuple[Mutator, ...] = (*ANY, *[change_weights] * 6, *[change_words] * 6, change_header)
CHECKPOINT: tuple[Mutator, ...] = (*ANY, *[change_checkpoint] * 8)
