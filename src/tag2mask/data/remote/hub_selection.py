"""Choose which files of a repository of the hub belong to a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tag2mask.core.hub_address import HUB
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.hub_card import CARD, Card, chosen_config
from tag2mask.data.remote.source import FinalError

CONVERTED = "refs/convert/parquet"
"""Branch with the copy of a data set that the hub has converted to Parquet."""

_READ = (".parquet", ".tar", ".arrow", *SUFFIXES)
_BESIDE = (".csv", ".jsonl", ".txt", ".json")
"""Files at the top of a repository that may describe its photos."""


@dataclass(frozen=True)
class Selection:
    """The chosen files, and the name of their configuration; "" if there is only one."""

    names: tuple[str, ...]
    config: str

    @property
    def readable(self) -> bool:
        """Whether there are photos, or files with photos, among them."""
        return any(name.lower().endswith(_READ) for name in self.names)


def select(names: Sequence[str], card: Card, wanted: str, where: str) -> Selection:
    """Choose the files of a configuration, of a folder, or all; and those that describe them.

    Args:
        names: all files of the repository.
        card: its card.
        wanted: configuration or folder; "" for the default.
        where: the address, for messages.

    Raises:
        InputError: there is no such configuration or folder, or there are several and none was
            named.
    """
    config = chosen_config(card.configs, wanted, where)
    if config is not None:
        kept = [name for name in names if config.split_of(name) is not None]
    else:
        kept = [name for name in names if not wanted or _is_below(name, wanted)]
    described = [name for name in names if "/" not in name
                 and (name == CARD or PurePosixPath(name).suffix in _BESIDE)]
    return Selection(tuple(dict.fromkeys([*kept, *described])), config.name if config else wanted)


def select_converted(names: Sequence[str], wanted: str, where: str, repository: str) -> Selection:
    """Choose the files of a configuration in the hub's conversion, `CONFIG/SPLIT/0000.parquet`.

    Raises:
        FinalError: there are several configurations, and none was named.
    """
    tables = [name for name in names if name.endswith(".parquet") and "/" in name]
    configs = sorted({name.partition("/")[0] for name in tables})
    chosen = next((name for name in (wanted, "default") if name in configs), None)
    if chosen is None and len(configs) > 1:
        raise FinalError(f"{where} has the configurations {', '.join(configs[:12])}; name one of "
                         f"them, as in {HUB}{repository}/{configs[0]}.")
    chosen = chosen or (configs[0] if configs else "")
    return Selection(tuple(name for name in tables if name.startswith(f"{chosen}/")), chosen)


def nothing_to_read(names: Sequence[str], where: str) -> FinalError:
    """Return the error for a repository without photos."""
    kinds = ", ".join(sorted({PurePosixPath(name).suffix or name for name in names})[:6])
    return FinalError(f"{where} has no photos, tar or Parquet files, only {kinds or 'nothing'}, "
                      "and the hub has not converted it to Parquet; check the name, or download "
                      "and unpack it, and give its folder.")


def _is_below(name: str, folder: str) -> bool:
    return name.startswith((f"{folder}/", f"data/{folder}/"))
