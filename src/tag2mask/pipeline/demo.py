"""The whole path on a small drawn data set."""

from __future__ import annotations

from pathlib import Path

from tag2mask.core.progress import Progress
from tag2mask.data.scenes import write_scenes
from tag2mask.pipeline.runner import run
from tag2mask.run_folder.folder import RunFolder

DEMO_SETTINGS = (
    "classify.size=208", "classify.epochs=6", "activate.scales=1,1.5",
    "segment.size=208", "segment.epochs=5",
)
"""The scenes are 208 pixels wide and easy to classify; all other settings are the defaults."""


def demo(
    out: str | Path, *, device: str = "auto", workers: int = 1, seed: int | None = None,
    progress: Progress | None = None,
) -> RunFolder:
    """Draw the embedded example and run everything on it."""
    progress = progress or Progress()
    progress.say("Drawing 300 scenes of five invented creatures")
    data = write_scenes(Path(out) / "scenes")
    return run(data, out, overrides=DEMO_SETTINGS, device=device, workers=workers, seed=seed,
               progress=progress)
