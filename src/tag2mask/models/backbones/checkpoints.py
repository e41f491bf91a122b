"""Reading of checkpoints from training scripts, with wrapped state dicts and prefixed names.

No prefix is recognised by its name alone: a prefix is removed if the remaining names are those of
the module to load, so unknown and nested prefixes are supported as well.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from tag2mask.core.contracts import InputError

_WRAPPERS = (
    "state_dict_ema", "model_ema", "ema_state_dict", "ema_model", "ema", "teacher", "state_dict",
    "model_state_dict", "model_state", "net_state_dict", "model", "network", "net", "student",
    "module", "params_ema", "params", "weights", "shadow",
)
"""Keys of the weights in checkpoints. Averaged weights are first, since those are evaluated."""

_PREFERRED = ("ema", "teacher", "encoder_q", "student", "model", "online")
"""Words in prefixes, by priority, to select one of several copies that fit equally."""

_INSERTED = frozenset({
    "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
})
"""Parts of names that data-parallel and compiled wrappers insert, at any depth."""

_DEEPEST = 6
"""Maximum number of parts of a prefix, and of levels of nested dictionaries."""

Read = Callable[[Mapping[str, Tensor]], dict[str, Tensor]]
"""Maps tensor names to those of the module; unknown names are kept."""


@dataclass(frozen=True)
class Fitted:
    """A state dict with the names of the module to load.

    Attributes:
        tensors: tensors by the module's names.
        published: the same tensors by their original names without the prefix.
        prefix: prefix that was removed from the names; empty if there was none.
        outside: names of the ignored tensors, which do not start with the prefix.
    """

    tensors: dict[str, Tensor]
    published: dict[str, Tensor]
    prefix: str
    outside: dict[str, Tensor]

    def report(self, source: str) -> None:
        """Warn about ignored tensors, with their number and the first names."""
        if self.outside:
            warnings.warn(
                f"{source}: the tensors under {self.prefix!r} are used; {len(self.outside)} others "
                f"are left out ({first_names(list(self.outside))}).", stacklevel=4,
            )


def unwrapped(loaded: object, source: str) -> dict[str, Tensor]:
    """Find the state dict in the contents of a file.

    Args:
        loaded: a state dict, or nested dictionaries with one or several.
        source: description of its source, for messages.

    Raises:
        InputError: it contains no tensors.
    """
    for _ in range(_DEEPEST):
        inner = {name: loaded[name] for name in _WRAPPERS
                 if isinstance(loaded, Mapping) and _holds_tensors(loaded.get(name))}
        if not inner:
            break
        chosen = next(iter(inner))
        if len(inner) > 1:
            warnings.warn(f"{source} holds the weights {', '.join(inner)}; {chosen} is used.",
                          stacklevel=4)
        loaded = inner[chosen]
    if not isinstance(loaded, Mapping) or (loaded and not _holds_tensors(loaded)):
        keys = first_names([str(key) for key in loaded]) if isinstance(loaded, Mapping) \
            else f"a {type(loaded).__name__}"
        raise InputError(f"{source} holds no state dict but {keys}; save `model.state_dict()` as "
                         "safetensors.")
    return dict(_flat(loaded))


def fitted(
    state: Mapping[str, Tensor], own: Mapping[str, Tensor], source: str, *, read: Read = dict
) -> Fitted:
    """Find and remove the prefix with which a checkpoint's names match those of the module.

    Args:
        state: tensors by arbitrary names.
        own: the module's state dict.
        source: description of the source of the tensors, for messages.
        read: maps names without a prefix to those of the module.

    Raises:
        InputError: several prefixes fit equally well.
    """
    inserted = any(part in _INSERTED for name in own for part in name.split("."))
    plain = dict(state) if inserted else {_without_inserted(k): v for k, v in state.items()}
    if len(plain) < len(state):  # two copies under names that differ in those parts alone
        plain = dict(state)
    added = _common_prefix(own)
    best, fits = (0, 0), [""]
    for prefix in ["", *_prefixes(plain)]:
        score = _score(_under(plain, prefix), own, read, added)
        if score > best:
            best, fits = score, [prefix]
        elif score == best and prefix and score[0]:
            fits.append(prefix)
        if not prefix and score[0] == len(own):
            break
    prefix = _chosen(fits, source)
    published = _under(plain, prefix)
    tensors = read(published)
    if added and not any(name in own for name in tensors):
        tensors = {added + name: value for name, value in tensors.items()}
    outside = {name: value for name, value in plain.items()
               if not name.startswith(prefix) and not _is_counter(name)}
    return Fitted(tensors, published, prefix, outside)


def first_names(names: list[str], count: int = 3) -> str:
    """Format the first names, with a mark if there are more."""
    return ", ".join(names[:count]) + (", ..." if len(names) > count else "")


def _score(
    published: Mapping[str, Tensor], own: Mapping[str, Tensor], read: Read, added: str
) -> tuple[int, int]:
    """Count the tensors with matching names, and those with matching names and shapes."""
    try:
        tensors = read(published)
    except InputError:  # a name that the translation refuses
        return 0, 0
    counts = []
    for before in ("", added) if added else ("",):
        known = [(own[before + k], v) for k, v in tensors.items() if before + k in own]
        counts.append((len(known), sum(a.shape == b.shape for a, b in known)))
    return max(counts)


def _chosen(fits: list[str], source: str) -> str:
    """Select one of several prefixes that fit equally well."""
    if len(fits) == 1:
        return fits[0]
    for word in _PREFERRED:
        preferred = [prefix for prefix in fits if word in prefix.split(".")[:-1]
                     or any(word in part.split("_") for part in prefix.split("."))]
        if len(preferred) == 1:
            return preferred[0]
    raise InputError(f"{source} holds {len(fits)} sets of tensors that fit alike, under "
                     f"{first_names(fits)}; save the one that is meant.")


def _prefixes(state: Mapping[str, Tensor]) -> list[str]:
    found: dict[str, None] = {}
    for name in state:
        parts = name.split(".")
        for depth in range(1, min(len(parts), _DEEPEST + 1)):
            found[".".join(parts[:depth]) + "."] = None
    return sorted(found, key=lambda prefix: prefix.count("."))


def _under(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix):]: value for name, value in state.items() if name.startswith(prefix)}


def _without_inserted(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in _INSERTED)


def _common_prefix(own: Mapping[str, Tensor]) -> str:
    """Return the common prefix of all names of a module, in whole parts."""
    split = [name.split(".")[:-1] for name in own]
    shared = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "".join(f"{part}." for part in shared)


def _is_counter(name: str) -> bool:
    return name.rpartition(".")[2] in ("n_averaged", "num_batches_tracked")


def _holds_tensors(part: object) -> bool:
    return isinstance(part, Mapping) and any(True for _ in _flat(part))


def _flat(part: Mapping[object, object], before: str = "", depth: int = 0) -> (
    Iterator[tuple[str, Tensor]]
):
    """Return the tensors of nested dictionaries by dotted names."""
    for key, value in part.items():
        if isinstance(key, str) and isinstance(value, Tensor):
            yield before + key, value
        elif isinstance(key, str) and isinstance(value, Mapping) and depth < _DEEPEST \
                and not key.startswith("optim"):
            yield from _flat(value, f"{before}{key}.", depth + 1)
