"""Open an exported network in ONNX Runtime, after checking that it is one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.core.contracts import InputError
from tag2mask.core.onnx_sessions import session_options
from tag2mask.core.processes.late_files import await_file
from tag2mask.run_folder.segmenter_spec import SegmenterSpec

if TYPE_CHECKING:  # imported late, like each runtime
    import onnxruntime


def options(together: int = 1) -> onnxruntime.SessionOptions:
    """Return session options that divide the cores among threads, without busy waiting."""
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    return session_options(cores // together)


def open_exported(
    path: Path, together: int = 1
) -> tuple[onnxruntime.InferenceSession, SegmenterSpec]:
    """Open an exported network and read its specification.

    Args:
        path: `model.onnx` of a run.
        together: number of threads that will call it at once.

    Raises:
        InputError: the file is missing, damaged, or another network than its header says.
    """
    import onnxruntime

    await_file(path)
    if not path.exists():
        raise InputError(
            f"{path} is missing; take the runtime torch, or run `tag2mask segment "
            f"{path.parent.parent} --set segment.onnx=true`."
        )
    try:
        session = onnxruntime.InferenceSession(
            path, options(together), providers=["CPUExecutionProvider"]
        )
        spec = SegmenterSpec.from_header(session.get_modelmeta().custom_metadata_map)
    except Exception as error:  # the exceptions of onnxruntime have no common base class
        raise InputError(
            f"{path} is damaged or was not written by tag2mask; "
            f"run `tag2mask segment {path.parent.parent}`."
        ) from error
    if why := _why_other_network(session, len(spec.classes) + 1):
        raise InputError(f"{path} is not the network of this run: {why}; run `tag2mask segment "
                         f"{path.parent.parent}` to export it again.")
    return session, spec


def _why_other_network(session: onnxruntime.InferenceSession, num_labels: int) -> str:
    """Describe how inputs or outputs differ from an exported network; "" if they do not."""
    given, made = session.get_inputs(), session.get_outputs()
    if [one.name for one in given] != ["images"] or given[0].type != "tensor(float)":
        names = ", ".join(f"{one.name} {one.type}" for one in given)
        return f"its inputs are {names}, not one tensor(float) called images"
    shape, result = list(given[0].shape), list(made[0].shape)
    if len(shape) != 4 or any(isinstance(side, int) for side in shape[2:]):
        return f"it takes images of the shape {shape} alone, not of any size"
    channels = result[1] if len(result) == 4 else -1
    if isinstance(channels, int) and channels != num_labels:  # exports may leave it undefined
        return f"it gives values of the shape {result}, not one for each of {num_labels} labels"
    if [one.name for one in made[1:]] not in ([], ["tags"]):
        return f"it has the outputs {', '.join(one.name for one in made)}, not logits and tags"
    return ""
