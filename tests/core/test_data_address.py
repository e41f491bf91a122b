"""Addresses are told from paths, also after `Path` has changed them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.data_address import address_of, refuse_address


@pytest.mark.parametrize(("given", "address"), [
    ("hf://me/pets", "hf://me/pets"), ("s3://bucket/a b/", "s3://bucket/a b/"),
    ("HTTPS://host/x.tar?a=b", "https://host/x.tar?a=b"), ("gs:/bucket/x", "gs://bucket/x"),
    ("file:///data/x", "file:///data/x"), ("file:/data/x", "file:///data/x"),
    ("photos", None), ("/a/b", None), ("C:/photos", None), ("C://photos", None), ("a:b", None),
    ("./s3://x", None), ("s3://", None),
])
def test_addresses(given: str, address: str | None) -> None:
    """A drive letter is no kind of address."""
    assert address_of(given) == address
    if address:
        assert address_of(Path(given)) == address.rstrip("/")


def test_a_folder_with_such_a_name_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it exists; with two slashes, an address is meant."""
    (tmp_path / "s3:" / "x").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert address_of(Path("s3:/x")) is None
    assert address_of("s3://x") == "s3://x"


def test_results_need_a_folder(tmp_path: Path) -> None:
    """An address for output would otherwise become a folder with an odd name."""
    refuse_address(tmp_path, "results")
    with pytest.raises(InputError, match="s3://b/run is an address, but results can only"):
        refuse_address(Path("s3://b/run"), "results")
