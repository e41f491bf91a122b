"""Whether a run takes the scores of the network that it trained on its first ones."""

from __future__ import annotations

from dataclasses import replace

from tag2mask.core.json_records import write_record
from tag2mask.core.processes import first_says
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import OutlineChoice, SecondRound
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.stages.sharpen.self_training import SelfTraining

CHOSEN = "second_round.json"
"""File in `sharpener/` with the decision."""

MOST_MISSED = 0.2
"""Share of the training photos in which the network may miss a tag.

A network that has learned its masks finds nearly all tags of its own training photos. One that does
not has too few photos, or objects too small for it, and its masks lose them.
"""


def second_round(context: Context, student: SelfTraining) -> SecondRound:
    """Decide by the tags of the training photos, or read the earlier decision."""

    def choose() -> SecondRound:
        missed = student.missed()
        return SecondRound(missed=missed, used=missed <= MOST_MISSED)

    return stored_choice(context.run.sharpener / CHOSEN, SecondRound, choose)


def judged_by_outlines(
    context: Context, made: SecondRound, first: OutlineChoice, last: OutlineChoice
) -> SecondRound:
    """Refuse the second round where outlines show the size of the objects on the first scores.

    A network has seen the objects on many photos, but its masks are smooth and large: small things
    that the steps have found to the pixel are lost in them. If the second round is refused, the
    scores after it are removed.

    Args:
        context: the run.
        made: the decision by the tags, that it is used.
        first: the share of the first scores, lowered only where it shows a size.
        last: the share of the scores after the second round.

    Returns:
        The decision, which is stored.
    """
    used = not (first.lowered and first.edge > last.edge)
    judged = replace(made, used=used, edge_first=first.edge, edge=last.edge)

    def store() -> None:
        if not used:
            context.run.clear("sharp")
        write_record(context.run.sharpener / CHOSEN, judged)

    first_says(store)
    return judged
