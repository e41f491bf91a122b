"""Weights from the public model hub, from its local cache or by download.

`HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE` and `HF_ENDPOINT` have their usual meaning. They are
read at each call, while the hub's own library reads them once, at import.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

import huggingface_hub  # loads its parts when they are asked for

from tag2mask.core.contracts import InputError
from tag2mask.core.hub_address import HUB

WEIGHTS_FILE = "model.safetensors"
"""Name of the weights file in timm's repositories."""

_ENDPOINT = "https://huggingface.co"
_TIMEOUT = 5.0
"""Timeout in seconds after which the hub is considered unreachable."""
_YES = ("1", "ON", "YES", "TRUE")


_OF_CLASSIFY = (
    "pass the file with --set classify.weights=FILE (segment.weights for a network's own backbone)"
)
_FROM_SCRATCH = ", or start from scratch with --set classify.weights=none"


def fetch(repo: str, file: str = WEIGHTS_FILE, *, instead: str = "") -> Path:
    """Find a file of a public repository in the hub's cache, or download it into it.

    A cached file is used without network access, so that a started run can continue offline and
    with the same weights. No access token is sent.

    Args:
        repo: owner and name, as in "timm/resnet50.a1_in1k".
        file: path in the repository.
        instead: advice for using a manually downloaded file; that for backbones by default.

    Raises:
        InputError: the file is not in the cache and could not be downloaded, for any reason.
    """
    endpoint = (os.environ.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")
    with suppress(FileNotFoundError):  # the library's own error for it is one of these
        return Path(huggingface_hub.hf_hub_download(
            repo, file, cache_dir=_cache(), local_files_only=True
        ))
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in _YES:
        reason = "are not in the cache, and HF_HUB_OFFLINE is set"
        raise InputError(_lost(repo, file, reason, instead))
    try:
        return _download(repo, file, endpoint)
    except Exception as error:  # each release of the hub's library fails in ways of its own
        if _is_of_the_disk(error):
            raise
        reason = f"could not be fetched from {endpoint} ({type(error).__name__})"
        raise InputError(_lost(repo, file, reason, instead)) from error


def _download(repo: str, file: str, endpoint: str) -> Path:
    """Check that the file exists, which fails fast, then download it.

    Without the check, `hf_hub_download` retries for minutes if the hub does not respond.
    """
    url = huggingface_hub.hf_hub_url(repo, file, endpoint=endpoint)
    huggingface_hub.get_hf_file_metadata(url, token=False, timeout=_TIMEOUT)
    return Path(huggingface_hub.hf_hub_download(
        repo, file, cache_dir=_cache(), endpoint=endpoint, etag_timeout=_TIMEOUT, token=False
    ))


def _cache() -> Path | None:
    """Find the cache's folder in the environment; None leaves it to the hub's library."""
    if os.environ.get("HF_HUB_CACHE"):
        return Path(os.path.expandvars(os.environ["HF_HUB_CACHE"])).expanduser()
    if os.environ.get("HF_HOME"):
        return Path(os.path.expandvars(os.environ["HF_HOME"])).expanduser() / "hub"
    return None


def _is_of_the_disk(error: Exception) -> bool:
    """Re-raise a full or read-only disk, for which the command line has its own message."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or isinstance(error, PermissionError)


def _lost(repo: str, file: str, reason: str, instead: str) -> str:
    url = huggingface_hub.hf_hub_url(repo, file, endpoint=_ENDPOINT)
    scratch = "" if instead else _FROM_SCRATCH
    return (
        f"The pretrained weights {repo} {reason}; download {url} elsewhere and "
        f"{instead or _OF_CLASSIFY}, or name a mirror in HF_ENDPOINT{scratch}."
    )


def upload(folder: Path, repository: str) -> str:
    """Upload a folder to a repository of the hub, which is created if it does not exist.

    The hub's library finds the access token, in `HF_TOKEN` or as `hf auth login` stored it.

    Raises:
        InputError: the hub cannot be reached or refuses.
    """
    endpoint = (os.environ.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")
    interface = huggingface_hub.HfApi(endpoint=endpoint)
    try:
        interface.create_repo(repository, exist_ok=True)
        interface.upload_folder(repo_id=repository, folder_path=folder)
    except Exception as error:  # each release of the hub's library fails in ways of its own
        raise InputError(
            f"{HUB}{repository} could not be written at {endpoint} ({type(error).__name__}); "
            "log in with `hf auth login`, and check the name and the network."
        ) from error
    return f"{endpoint}/{repository}"
