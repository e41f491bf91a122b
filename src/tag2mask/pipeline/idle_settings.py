"""Settings that would have no effect beside others are refused before anything is trained."""

from __future__ import annotations

from tag2mask.core.contracts import InputError
from tag2mask.core.hub_address import is_on_hub, repository_of
from tag2mask.maps import find_method
from tag2mask.pipeline.config import Config
from tag2mask.training.networks import encoder_name


def refuse_idle(config: Config, stage: str = "") -> None:
    """Refuse layers and weights that would not be read, and malformed addresses of weights.

    Args:
        config: the settings.
        stage: the only stage to run; "" for all. Others of an earlier run are not kept from
            running by settings that they do not read.

    Raises:
        InputError: `activate.layers` or `segment.weights` would not be read, or the weights are no
            address of a repository.
    """
    if stage in ("", "activate"):
        _refuse_layers(config)
    if stage in ("", "segment"):
        _refuse_weights(config)


def _refuse_layers(config: Config) -> None:
    reading = config.activate
    if reading.layers and not find_method(reading.method).takes_layers:
        raise InputError(
            f"activate.layers={','.join(reading.layers)} would not be read by {reading.method}; "
            "leave it out, or choose another activate.method, such as layer_cam."
        )


def _refuse_weights(config: Config) -> None:
    weights = config.segment.weights
    if weights == "none":
        return
    if is_on_hub(weights):
        repository_of(weights)
    classifier = config.classify.backbone
    if encoder_name(config.segment.model, config.segment.backbone,
                    classifier=classifier) == classifier:
        raise InputError(
            f"segment.weights={weights} would not be read: the network starts with the "
            f"classifier's {classifier}. Leave it at none, or name another "
            "segment.backbone."
        )
