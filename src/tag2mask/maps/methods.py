"""The methods by name; a new one is a module, or a formula in `weightings`, and one line here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tag2mask.core.registry import Registry
from tag2mask.maps import weightings
from tag2mask.maps.attention import attention, attention_rollout, gradient_attention
from tag2mask.maps.cam import cam
from tag2mask.maps.correlated_cam import correlated_cam
from tag2mask.maps.eigen_cam import eigen_cam
from tag2mask.maps.gradient_methods import by_gradient
from tag2mask.maps.perturbation import ablation_cam, score_cam
from tag2mask.maps.request import Method


@dataclass(frozen=True, kw_only=True)
class MethodEntry:
    """A method, and what it needs."""

    run: Method
    needs_gradients: bool = False
    """Whether it differentiates."""
    reads_layers: bool = True
    """Whether it reads a layer; otherwise it finds its own way into the model."""
    compares_places: bool = False
    """Whether it asks which places of a photo look alike."""


def _gradient(weigh: Callable[..., object]) -> MethodEntry:
    return MethodEntry(run=by_gradient(weigh), needs_gradients=True)  # type: ignore[arg-type]


METHODS: Registry[MethodEntry] = Registry("map method", group="tag2mask.maps")
"""What `activate` takes as `method`."""

METHODS.update({
    "cam": MethodEntry(run=cam),
    "correlated_cam": MethodEntry(run=correlated_cam, compares_places=True),
    "grad_cam": _gradient(weightings.grad_cam),
    "grad_cam_pp": _gradient(weightings.grad_cam_pp),
    "layer_cam": _gradient(weightings.layer_cam),
    "hires_cam": _gradient(weightings.hires_cam),
    "xgrad_cam": _gradient(weightings.xgrad_cam),
    "eigen_cam": MethodEntry(run=eigen_cam),
    "score_cam": MethodEntry(run=score_cam),
    "ablation_cam": MethodEntry(run=ablation_cam),
    "attention": MethodEntry(run=attention, reads_layers=False),
    "attention_rollout": MethodEntry(run=attention_rollout, reads_layers=False),
    "gradient_attention": MethodEntry(
        run=gradient_attention, needs_gradients=True, reads_layers=False
    ),
})


def find_method(name: str) -> MethodEntry:
    """Look a method up, however its name is spelled: "Grad-CAM++" is grad_cam_pp.

    Raises:
        InputError: there is none of that name; the nearest one is told.
    """
    known = {_bare(own): own for own in METHODS}
    return METHODS.get(known.get(_bare(name), name))


def _bare(name: str) -> str:
    """Leave out what spellings differ in."""
    return re.sub(r"[^a-z]", "", name.lower().replace("+", "p").replace("plus", "p"))
