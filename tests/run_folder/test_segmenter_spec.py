"""The specification of a network survives the header of its file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tag2mask.run_folder.segmenter_spec import Normalisation, SegmenterSpec

SPEC = SegmenterSpec(model="unet", backbone="resnet50", output_stride=16, long_side=320,
                     classes=("cat", "a dog"), tag_gate=True)
NORMAL = Normalisation(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))


@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, normalisation=NORMAL)])
def test_it_is_read_as_it_was_written(spec: SegmenterSpec) -> None:
    """All values are text there, and exact."""
    header = spec.to_header()
    assert all(isinstance(value, str) for value in header.values())
    assert SegmenterSpec.from_header(header) == spec


@pytest.mark.parametrize("std", ["1 2", "1 2 0", "1 2 nan", "1 2 x", "1 2 inf"])
def test_a_normalisation_that_cannot_be_is_refused(std: str) -> None:
    """It would turn every photo into noise."""
    header = replace(SPEC, normalisation=NORMAL).to_header() | {"pixel_std": std}
    with pytest.raises(ValueError, match=r"normalised|convert"):
        SegmenterSpec.from_header(header)
