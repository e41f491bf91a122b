"""Segment shards and folders on a Ray cluster, with one network per worker.

    python examples/cluster/ray_predict.py SHARDS PHOTOS --run RUN --out OUT --workers 8

Needs `pip install "tag2mask[ray]"`. All paths are on storage that all nodes see. A folder with
`.tar` files is read as WebDataset shards, which are not unpacked; any other as photos. Each worker
loads the network once, then takes one shard, or up to 500 photos, after another. The masks of
SHARDS/000.tar are in OUT/SHARDS/000, those of PHOTOS in OUT/PHOTOS. Masks that exist are kept: the
same command continues after an interruption, and another network needs another OUT.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import ray
from ray.util import ActorPool

import tag2mask

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")
AT_ONCE = 500


@dataclass(frozen=True)
class Task:
    """What one worker does at a time: a shard, or photos of a folder.

    Attributes:
        out: folder of the masks.
        source: the shard, or the folder.
        photos: paths below the folder; () for a shard.
    """

    out: Path
    source: Path
    photos: tuple[Path, ...] = ()


class Worker:
    """A process with a network."""

    def __init__(self, run: str, device: str) -> None:
        """Load the network."""
        self._segment = tag2mask.load_segmenter(run, device=device)

    def work(self, task: Task) -> tuple[int, list[str]]:
        """Write the masks of a task; return their number, and what could not be read."""
        written, failed = 0, []
        try:
            for photo, mask in self._missing(task):
                try:
                    self._segment(photo).save(mask)
                    written += 1
                except tag2mask.InputError as error:
                    failed.append(f"{task.source}: {error}")
        except (tarfile.TarError, EOFError) as error:
            failed.append(f"{task.source} is cut or damaged ({error}); copy it again.")
        return written, failed

    def _missing(self, task: Task) -> Iterator[tuple[Path, Path]]:
        """Yield the photos without a mask, and the files of their masks."""
        if task.photos:
            pairs = ((task.source / name, (task.out / name).with_suffix(".png"))
                     for name in task.photos)
            yield from (pair for pair in pairs if not pair[1].exists())
            return
        with tarfile.open(task.source) as shard, tempfile.TemporaryDirectory() as folder:
            for entry in shard:
                path = PurePosixPath(entry.name)
                key, _, kind = path.name.partition(".")
                mask = task.out / path.with_name(f"{key}.png")
                if f".{kind.lower()}" not in SUFFIXES or not entry.isfile() or mask.exists():
                    continue  # tags, or a true mask as KEY.mask.png
                if path.is_absolute() or ".." in path.parts:
                    raise tarfile.ReadError(f"{path} leads out of the folder")
                photo = Path(folder, f"photo.{kind}")
                with photo.open("wb") as file:
                    shutil.copyfileobj(shard.extractfile(entry), file)
                yield photo, mask


def tasks_of(folder: Path, out: Path) -> list[Task]:
    """Divide a folder of shards, or of photos, into tasks."""
    if shards := sorted(folder.glob("*.tar")):
        return [Task(out / folder.name / shard.stem, shard) for shard in shards]
    photos = [path.relative_to(folder) for path in sorted(folder.rglob("*"))
              if path.suffix.lower() in SUFFIXES]
    _refuse_equal([path.with_suffix("") for path in photos], f"photos in {folder}")
    return [Task(out / folder.name, folder, tuple(photos[start : start + AT_ONCE]))
            for start in range(0, len(photos), AT_ONCE)]


def _refuse_equal(names: Sequence[Path | str], what: str) -> None:
    """Refuse photos, or folders, whose masks would have one name."""
    if twice := [str(name) for name, number in Counter(names).items() if number > 1]:
        sys.exit(f"Several {what} are called {twice[0]}; give them different names.")


def main() -> None:
    """Start the workers, and share out the tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--run", required=True, help="the run folder, or hf://USER/NAME")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--gpu", action="store_true", help="give each worker a GPU")
    given = parser.parse_args()
    run = given.run if "://" in given.run else str(Path(given.run).resolve())
    folders = [folder.resolve() for folder in given.folders]
    _refuse_equal([folder.name for folder in folders], "folders")
    tasks = [task for folder in folders for task in tasks_of(folder, given.out.resolve())]

    # A worker that is lost with its machine is started again elsewhere, and repeats its task.
    worker = ray.remote(max_restarts=3, max_task_retries=3, num_gpus=int(given.gpu))(Worker)
    pool = ActorPool([worker.remote(run, "cuda" if given.gpu else "cpu")
                      for _ in range(min(given.workers, len(tasks)))])
    written, failed = 0, []
    for masks, problems in pool.map_unordered(lambda one, task: one.work.remote(task), tasks):
        written += masks
        failed += problems
    sys.stderr.write("".join(f"Left out: {line}\n" for line in failed))
    sys.stdout.write(f"{written} masks written, {len(failed)} photos or shards left out\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
