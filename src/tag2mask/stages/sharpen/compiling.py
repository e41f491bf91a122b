"""Compile the CRF's kernels in the background, while earlier stages run."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from tag2mask.core.device import device_name
from tag2mask.crf.compiling import compiled_ahead
from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.context import Context
from tag2mask.stages.sharpen.settings import AUTO, SharpenConfig


def compile_ahead(context: Context, config: SharpenConfig) -> AbstractContextManager[None]:
    """Begin to compile what `sharpen` will need; it ends the process when it starts."""
    uses_crf = config.parsed.crf or config.steps == (AUTO,)
    if not uses_crf or device_name(context.device) != "cpu":
        return nullcontext()
    return compiled_ahead(label_counts(context.dataset))


def label_counts(dataset: Dataset) -> list[int]:
    """Return the numbers of labels that photos of a data set have, background included."""
    return sorted({1 + len(photo.tags) for photo in dataset.photos if photo.tags})
