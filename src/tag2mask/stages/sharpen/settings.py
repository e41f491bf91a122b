"""Settings of the sharpening steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from tag2mask.core.settings import Checked, Range
from tag2mask.data.transforms import LARGEST_CROP, LEAST_CROP
from tag2mask.sharpening.step_parsing import Steps, has_saliency, parse_steps

AUTO = "auto"
"""The value of `sharpen.steps` that leaves the choice to the data."""

NORMALITY, TRAINING = "normality", "self_training"
"""The steps that a run adds by itself."""


@dataclass(frozen=True, kw_only=True)
class SharpenConfig(Checked):
    """Settings of the sharpening steps."""

    steps: tuple[str, ...] = ("dense_crf",)
    """Sharpeners in order; an empty list or "none" leaves the maps as they are, and "auto" chooses
    between that, dense_crf, superpixels and both by the photos."""
    saliency: str = ""
    """Of the step saliency: a folder of grey pictures named as the photos, or a U2-Net as .onnx (a
    file, or OWNER/REPO/FILE.onnx on the model hub)."""
    masks: str = ""
    """Of the step class_agnostic: a folder with <photo>.npz, whose array masks is (M, h, w); or
    sam: and a SAM that makes them (sam:FOLDER, or sam:OWNER/REPO on the model hub)."""
    outside_help: Literal["none", "auto", "saliency", "sam"] = "auto"
    """A network that was trained on masks of other photos: saliency adds U2-Netp (the extra
    saliency, or the file in sharpen.saliency), sam the SAM in sharpen.masks, auto adds saliency if
    it is installed and agrees with the maps, and none compares methods without it. Has no effect if
    steps name a prior themselves; auto neither where there are no steps."""
    normality: bool = True
    """Compare photos with those without a tag, if there are 16 of these: weigh the sharpened scores
    by how unlike them each cell is, if labels are then much easier to predict from other photos,
    and lower a share of foreground of several times the unusual cells. Name the step normality to
    weigh scores in any case."""
    second_round: bool = True
    """Train a network on the sharpened scores, and take for each photo what it predicts among the
    photo's tags, sharpened by a CRF if the photo is in colour; segment then goes on with that
    network. Has no effect without steps, or if they contain self_training."""
    outline: bool = True
    """Lower the share of foreground, at most to a quarter, as far as the outlines of the sharpened
    masks then lie on much stronger edges of the photos: maps are coarse, and too large for small
    objects. The second round is not used where the first masks then lie on stronger edges than
    those of its network. Has no effect without steps on scores, and after the step saliency."""
    size: Annotated[int, Range(LEAST_CROP, LARGEST_CROP)] = 256
    """Side of the training crops of self_training and of the second round, in pixels."""
    epochs: Annotated[int, Range(1, 10_000)] = 8
    """How often self_training and the second round see every tagged photo."""
    at_once: Annotated[int, Range(0, 4096)] = 0
    """Photos of a training step (of 16) that a process computes at once there; 0 is its share."""
    long_side: Annotated[int, Range(16, LARGEST_CROP)] = 200
    """Of photo and scores while they are sharpened, in pixels; smaller photos stay as they are."""

    def __post_init__(self) -> None:
        """Validate the steps and their priors."""
        super().__post_init__()
        if AUTO in self.steps and len(self.steps) > 1:
            raise ValueError("steps: auto chooses all steps and takes no others beside it")
        for name, entry in self.parsed.on_scores.items():
            if entry.prior and not getattr(self, entry.prior):
                raise ValueError(f"the step {name} needs the setting sharpen.{entry.prior}")

    @cached_property
    def parsed(self) -> Steps:
        """The steps, looked up and ordered by what they take; none while they are not chosen."""
        return parse_steps(() if self.steps == (AUTO,) else self.steps)

    @property
    def has_second_round(self) -> bool:
        """Whether the second round has an effect."""
        some = self.steps == (AUTO,) or bool(self.parsed.names)
        return self.second_round and some and not self.parsed.training

    @property
    def judges_normality(self) -> bool:
        """Whether the run decides on weighing its scores by photos without a tag.

        Not after saliency: photos in which that agrees with the maps show objects, not faults.
        """
        steps = self.parsed
        return (self.normality and bool(steps.before) and not steps.training
                and NORMALITY not in steps.names and not has_saliency(steps.before))

    @property
    def all_steps(self) -> tuple[str, ...]:
        """The steps, and those that the run decides on itself."""
        after = ("dense_crf:colour",) if self.parsed.crf else ()
        added = (TRAINING, *after) if self.has_second_round else ()
        return (*self.parsed.names, *((NORMALITY,) if self.judges_normality else ()), *added)

    @property
    def may_use_crf(self) -> bool:
        """Whether a step is a CRF, or the choice of the steps tries one."""
        return self.parsed.crf or self.steps == (AUTO,)
