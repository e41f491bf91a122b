"""Compute class-agnostic masks of all photos once per run, and store them in its folder."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tag2mask.core.json_records import read_record, write_record
from tag2mask.core.processes import first_says, is_first, missing, own
from tag2mask.core.processes.late_files import await_files
from tag2mask.data.dataset import Photo
from tag2mask.data.photos import load_photo
from tag2mask.data.reading_rules import depth_of
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import write_masks
from tag2mask.run_folder.records import MasksMade
from tag2mask.sharpening.proposals import Proposals
from tag2mask.sharpening.sam import load_sam

MADE_BY_SAM = "sam:"
"""Prefix of the network in `sharpen.masks` if the masks are to be computed."""


def mask_folder(
    context: Context, source: str, photos: Sequence[Photo], device: torch.device
) -> str:
    """Return the folder with the masks of the photos; missing ones are computed.

    Masks depend only on the photos and the network, so they are kept if other settings change; an
    interrupted run resumes with the next photo.

    Args:
        context: the run.
        source: the value of `sharpen.masks`: a folder, which is returned, or "sam:" followed by a
            folder or OWNER/REPO.
        photos: the photos that need masks.
        device: the device to compute on.

    Raises:
        InputError: see `load_sam`.
    """
    if not source.startswith(MADE_BY_SAM):
        return source
    run = context.run
    depth = depth_of(context.dataset)
    made = MasksMade(source=source, data=context.dataset.fingerprint(),
                     depth=depth.to_text() if depth else None)
    origin = run.root / "class_agnostic" / "made.json"
    if first_says(lambda: read_record(origin, MasksMade) != made):
        if is_first():
            run.clear("class_agnostic")
        write_record(origin, made)
    todo = missing(photos, lambda photo: run.class_agnostic_file(photo.name))
    if todo:
        propose = Proposals(network=load_sam(source.removeprefix(MADE_BY_SAM), device))
        done = len(photos) - len(todo)
        with context.progress.stage("masks", total=len(photos), done=done, shared=True) as bar:
            for photo in own(todo):
                side = 2 * propose.network.side
                pixels = load_photo(photo.path, max_side=side, depth=photo.depth)
                write_masks(run.class_agnostic_file(photo.name), propose(pixels, device=device))
                bar.advance(1)
    await_files(run.class_agnostic_file(photo.name) for photo in photos)
    return str(origin.parent)
