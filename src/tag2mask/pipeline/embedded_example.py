"""Run all stages on a small synthetic data set."""

from __future__ import annotations

from pathlib import Path

from tag2mask.core.processes import first_says, joined
from tag2mask.core.progress import Progress
from tag2mask.data.scenes import write_scenes
from tag2mask.pipeline.runner import run
from tag2mask.run_folder.folder import RunFolder

DEMO_SETTINGS = (
    "classify.size=208", "classify.epochs=6", "activate.scales=1,1.5",
    "sharpen.size=208", "sharpen.epochs=5", "segment.size=208", "segment.epochs=3",
)
"""Settings for scenes of 208 pixels that are easy to classify; all others are the defaults."""


def demo(
    out: str | Path, *, device: str = "auto", workers: int = 1, seed: int | None = None,
    progress: Progress | None = None,
) -> RunFolder:
    """Draw the built-in example data set, and run all stages on it."""
    progress = progress or Progress()
    progress.say("Drawing 300 scenes of five invented creatures")
    with joined(device=device):
        data = first_says(lambda: write_scenes(Path(out) / "scenes"))
        return run(data, out, overrides=DEMO_SETTINGS, device=device, workers=workers, seed=seed,
                   progress=progress)
