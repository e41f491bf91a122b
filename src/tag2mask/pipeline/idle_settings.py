"""Settings that would have no effect beside others are refused before anything is trained."""

from __future__ import annotations

from tag2mask.core.contracts import InputError
from tag2mask.core.hub_address import HUB, repository_of
from tag2mask.pipeline.config import Config
from tag2mask.training.networks import encoder_name


def refuse_idle(config: Config) -> None:
    """Refuse weights for an encoder that starts as the classifier's, and malformed addresses.

    Raises:
        InputError: `segment.weights` would not be read, or is no address of a repository.
    """
    weights = config.segment.weights
    if weights == "none":
        return
    if weights.startswith(HUB):
        repository_of(weights)
    classifier = config.classify.backbone
    if encoder_name(config.segment.model, config.segment.backbone,
                    classifier=classifier) == classifier:
        raise InputError(
            f"segment.weights={weights} would not be read: the network starts with the "
            f"classifier's {classifier}. Leave it at none, or name another "
            "segment.backbone."
        )
