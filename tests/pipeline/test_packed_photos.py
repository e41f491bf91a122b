"""A run on shards: photos and masks are read where they are, and results are the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tiny_runs import results

from tag2mask.data import load_photo, read_dataset
from tag2mask.data.packing import pack
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder


def test_a_run_on_shards_gives_the_results_of_the_folder(
    tiny_data: Path, finished: Path, tmp_path: Path, run_quickly: Callable[..., RunFolder]
) -> None:
    """Networks, masks, predictions and figures, of photos that were never unpacked."""
    shards = tmp_path / "shards"
    pack(read_dataset(tiny_data), shards, shard_size=20_000)
    assert len(list(shards.glob("*.tar"))) > 1
    run_quickly(shards, tmp_path / "run")
    assert {path.name for path in shards.rglob("*.*g") if path.is_file()} == set()
    made, expected = results(tmp_path / "run"), results(finished)
    own = {"data.json", "metrics.json"}
    assert made.keys() == expected.keys()
    assert {name for name in made if made[name] != expected[name]} <= own
    assert made["metrics.json"]["figures"] == expected["metrics.json"]["figures"]
    shutil.rmtree(shards / ".shards")
    again = read_run_dataset(RunFolder(tmp_path / "run"))
    assert load_photo(again.photos[0].path).ndim == 3, "the index is made again for a later command"
