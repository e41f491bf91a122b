"""Whether a run takes the scores of the network that it trained on its first ones."""

from __future__ import annotations

from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import SecondRound
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

    made = stored_choice(context.run.sharpener / CHOSEN, SecondRound, choose)
    context.progress.say(f"sharpen: {made.sentence}")
    return made
