"""Pack a data set into WebDataset shards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tag2mask.core.progress import Progress
    from tag2mask.data.packing import Packed


def pack(
    data: str | Path, out: str | Path, *, shard_size: str = "500MB", workers: int = 1,
    progress: Progress | None = None,
) -> Packed:
    """Check a data set, and write it as tar files that tag2mask and `webdataset` read.

    Args:
        data: the data set, in any layout.
        out: a folder that is missing or empty.
        shard_size: maximum size of a shard, as in "500MB"; a photo that is larger has its own.
        workers: threads that read photos for the check.
        progress: reports progress; silent by default.

    Returns:
        The number of photos by shard, and the size of all shards.

    Raises:
        InputError: the data set or the folder is invalid, or more than a tenth of the photos cannot
            be used.
    """
    from tag2mask.core.progress import Progress
    from tag2mask.data import check_photos, read_dataset
    from tag2mask.data.notices import announce_check, announce_findings, announce_reading
    from tag2mask.data.packing import pack as write
    from tag2mask.data.packing import refuse_other_folders, size_in_bytes

    size, progress = size_in_bytes(shard_size), progress or Progress()
    dataset = read_dataset(data, progress)
    refuse_other_folders(Path(out), dataset)
    announce_reading(progress, dataset)
    with progress.stage("check", total=len(dataset.photos)) as bar:
        checked = check_photos(dataset, workers=workers, advance=bar.advance)
    announce_check(progress, dataset, checked)
    announce_findings(progress, checked, warnings=False)
    annotated = sum(photo.annotation is not None for photo in checked.photos)
    if annotated:
        progress.warn(f"{annotated:,} photos have points, boxes, scribbles or masks drawn for "
                      "training, which shards do not hold; copy their files beside the shards.")
    with progress.stage("pack", total=len(checked.photos)) as bar:
        return write(checked, Path(out), shard_size=size, advance=bar.advance)
