"""What a run chose from its data, in the report."""

from __future__ import annotations

from collections.abc import Callable

from tag2mask.core.json_records import write_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import BatchNormChoice, NormalityChoice, SecondRound, StepsChoice
from tag2mask.stages.report.chosen_section import chosen
from tag2mask.stages.report.page import write_report

ADAPTS = BatchNormChoice(adapt=True, shift=0.341, least=0.25, photos=64)


def test_choices_are_listed_in_the_order_of_the_stages(make_run: Callable[..., RunFolder]) -> None:
    """Each with its reason; a run that chose nothing has no section."""
    run = make_run()
    assert chosen(run) == []
    assert "Chosen from the data" not in write_report(run).read_text(encoding="utf-8")
    write_record(run.sharpener / "steps.json", StepsChoice(
        steps=(), figures={"none": 0.2, "dense_crf": 0.1}, found=True, photos=9,
        sentence="No step, because <it> is best."))
    write_record(run.classifier / "batch_norm.json", ADAPTS)
    write_record(run.sharpener / "second_round.json", SecondRound(missed=0.291, used=False))
    write_record(run.sharpener / "normality.json", NormalityChoice(
        used=True, normal=40, photos=9, low=0.3, high=0.6, without=0.2, helped=0.5))
    rows = chosen(run)
    assert [what for what, _ in rows] == [
        "Batch normalisation of the classifier", "Sharpening steps", "Photos without a tag",
        "Second round"]
    assert "misses a tag in 29% of the training photos, so the masks of the first" in rows[3][1]
    assert "easier to predict (R2 0.50) than without (0.20)" in rows[2][1]
    assert "adapt to the photos: their shift is 0.34, at or above 0.25" in rows[0][1]
    page = write_report(run).read_text(encoding="utf-8")
    assert "Chosen from the data" in page
    assert "No step, because &lt;it&gt; is best." in page
