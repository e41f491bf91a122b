"""Records of the earlier stages, and the protocol derived from them."""

from __future__ import annotations

from dataclasses import dataclass

from tag2mask.run_folder.context import Context, read_about
from tag2mask.run_folder.records import (
    ActivateAbout,
    ClassifyAbout,
    FigureProtocol,
    LabelAbout,
    Protocol,
    SegmentAbout,
    SharpenAbout,
)
from tag2mask.stages.evaluate.annotated import annotation_protocol


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """Records of the earlier stages."""

    classify: ClassifyAbout
    activate: ActivateAbout
    sharpen: SharpenAbout
    label: LabelAbout
    segment: SegmentAbout
    seed: int
    annotations: str | None = None
    """What was annotated, for the protocol."""

    @classmethod
    def read(cls, context: Context) -> Earlier:
        """Read the records of a run.

        Raises:
            InputError: a stage did not run, or its record is damaged.
        """
        run = context.run
        return cls(
            classify=read_about(run, ClassifyAbout), activate=read_about(run, ActivateAbout),
            sharpen=read_about(run, SharpenAbout), label=read_about(run, LabelAbout),
            segment=read_about(run, SegmentAbout), seed=context.seed,
            annotations=annotation_protocol(context),
        )

    def protocol(self, split: str, images: int) -> Protocol:
        """Return the protocol of pseudo masks on a number of images of a split."""
        made = self.activate
        return Protocol(
            split=split, images=images, tags="given", oracle=self.label.oracle, seed=self.seed,
            pretraining=made.pretraining, strategy=made.strategy, method=made.method,
            scales=made.scales, flip=made.flip, annotations=self.annotations,
            weighed=made.discriminant,
        )

    def sharpened(self, split: str, images: int) -> FigureProtocol:
        """Return the protocol including the sharpening of the maps."""
        steps = self.sharpen
        return FigureProtocol(
            **vars(self.protocol(split, images)), sharpening=steps.sharpening, crf=steps.crf,
            outside_help=steps.outside_help,
        )
