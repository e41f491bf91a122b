"""Options of ONNX Runtime sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime  # imported late, since most commands do without it


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Return session options for a number of threads, without busy waiting."""
    import onnxruntime

    chosen = onnxruntime.SessionOptions()
    chosen.intra_op_num_threads = max(1, threads)
    chosen.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return chosen
