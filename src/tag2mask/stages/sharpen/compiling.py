"""What `sharpen` begins while earlier stages run: a check, and compilation in the background."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from tag2mask.core.device import device_name
from tag2mask.crf.compiling import compiled_ahead
from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.context import Context
from tag2mask.stages.sharpen.outside_help import refuse_missing
from tag2mask.stages.sharpen.settings import SharpenConfig


def compile_ahead(context: Context, config: SharpenConfig) -> AbstractContextManager[None]:
    """Check what `sharpen` will need, and begin to compile it; it ends the process when it starts.

    Raises:
        InputError: outside help that was asked for is not installed.
    """
    refuse_missing(config)
    if not config.may_use_crf or device_name(context.device) != "cpu":
        return nullcontext()
    return compiled_ahead(label_counts(context.dataset))


def label_counts(dataset: Dataset) -> list[int]:
    """Return the numbers of labels that photos of a data set have, background included."""
    return sorted({1 + len(photo.tags) for photo in dataset.photos if photo.tags})
