"""Data sets of the Hugging Face hub, as in `hf://datasets/USER/NAME@REVISION/CONFIG`.

`HF_ENDPOINT`, `HF_HUB_OFFLINE` and `HF_TOKEN` have their usual meaning; the hub's library finds the
token that `hf auth login` stored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import huggingface_hub  # loads its parts when they are asked for

from tag2mask.core.contracts import InputError
from tag2mask.core.hub_address import HUB
from tag2mask.data.readers.hub_card import CARD, Card, card_of
from tag2mask.data.remote.address import Address
from tag2mask.data.remote.hub_selection import (
    CONVERTED,
    Selection,
    nothing_to_read,
    select,
    select_converted,
)
from tag2mask.data.remote.source import FinalError, Listing, RemoteFile, usable

if TYPE_CHECKING:
    from huggingface_hub.hf_api import DatasetInfo

_ENDPOINT = "https://huggingface.co"
_TIMEOUT = 15.0
"""Seconds until the hub has to answer."""

_FORM = re.compile(r"(?:datasets/)?(?P<repo>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w.%-]+))?"
                   r"(?:/(?P<config>[^@]+))?")
_YES = ("1", "ON", "YES", "TRUE")


class HubDataset:
    """One configuration of a data set."""

    at_once = 1

    def __init__(self, address: Address) -> None:
        """Read the address.

        Raises:
            InputError: it has another form, or the hub may not be used.
        """
        self._shown = address.location
        found = _FORM.fullmatch(address.location.removeprefix(HUB).strip("/"))
        if not found or ".." in re.split(r"[/@]", address.location):
            raise InputError(f"{self._shown!r} is no address of a data set; write "
                             "hf://datasets/USER/NAME, then @REVISION or /CONFIGURATION if needed.")
        if os.environ.get("HF_HUB_OFFLINE", "").upper() in _YES:
            raise InputError(f"{self._shown} was not downloaded yet, and HF_HUB_OFFLINE is set; "
                             "unset it.")
        self._repo, self._wanted = found["repo"], (found["config"] or "").strip("/")
        self._revision = (found["revision"] or "").replace("%2F", "/")
        self._endpoint = (os.environ.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")
        self._commit = ""

    def listing(self) -> Listing:
        """List the files of the chosen configuration.

        If the repository has neither photos nor shards nor Parquet files, the hub's own conversion
        to Parquet is listed.
        """
        info = self._info(self._revision)
        names = [file.rfilename for file in info.siblings or ()]
        chosen = select(names, self._card(names), self._wanted, self._shown)
        if not chosen.readable:
            info, chosen = self._converted(names, chosen.config)
        kept = set(chosen.names)
        files = [RemoteFile(name=file.rfilename, size=file.size, version=str(file.blob_id or ""))
                 for file in info.siblings or () if file.rfilename in kept]
        return Listing(files=usable(files, self._shown), revision=self._commit,
                       config=chosen.config)

    def fetch(self, name: str, target: Path, stopped: Callable[[], bool]) -> None:
        """Copy a file; an interrupted copy is continued."""
        folder = target.parents[len(PurePosixPath(name).parts) - 1]
        self._download(name, folder)

    def url(self, name: str) -> str:
        """Return "": files of the hub are copied as a whole."""
        return ""

    def _info(self, revision: str) -> DatasetInfo:
        interface = huggingface_hub.HfApi(endpoint=self._endpoint)
        with self._explained():
            info = interface.dataset_info(self._repo, revision=revision or None,
                                          files_metadata=True, timeout=_TIMEOUT)
        self._commit = str(info.sha or revision or "main")
        return info

    def _card(self, names: list[str]) -> Card:
        if CARD not in names:
            return Card()
        with TemporaryDirectory() as place:
            file = self._download(CARD, Path(place))
            return card_of(file.read_text(encoding="utf-8", errors="replace"))

    def _converted(self, names: list[str], config: str) -> tuple[DatasetInfo, Selection]:
        info: DatasetInfo | None = None
        if not self._revision:  # the conversion is of the newest state
            with suppress(FinalError):
                info = self._info(CONVERTED)
        found = [file.rfilename for file in (info.siblings if info else None) or ()]
        chosen = select_converted(found, config, self._shown, self._repo)
        if info is None or not chosen.names:
            raise nothing_to_read(names, self._shown)
        return info, chosen

    def _download(self, name: str, folder: Path) -> Path:
        with self._explained():
            return Path(huggingface_hub.hf_hub_download(
                self._repo, name, repo_type="dataset", revision=self._commit, local_dir=folder,
                endpoint=self._endpoint, etag_timeout=_TIMEOUT))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn refusals of the hub into one sentence."""
        from huggingface_hub import errors

        try:
            yield
        except errors.RevisionNotFoundError as error:
            raise FinalError(f"{self._shown}: the data set {self._repo} has no revision "
                             f"{self._revision or 'main'}; check it.") from error
        except (errors.RepositoryNotFoundError, errors.GatedRepoError) as error:
            raise FinalError(f"{self._shown} is not at {self._endpoint}, or not for everyone; "
                             "check the name, accept its conditions there, or log in with `hf "
                             "auth login`.") from error
        except errors.EntryNotFoundError as error:
            raise FinalError(f"{self._shown} changed during the download ({error}); repeat."
                             ) from error
