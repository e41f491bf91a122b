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
    """A method and its requirements."""

    run: Method
    about: str = ""
    """Short description, with a reference."""
    needs_gradients: bool = False
    """Whether it needs gradients."""
    reads_layers: bool = True
    """Whether it reads a named layer of the model."""
    compares_places: bool = False
    """Whether it compares the cells of a photo with each other."""
    features_only: bool = False
    """Whether it needs nothing of our classifiers but their features, so that another runtime can
    compute them."""

    @property
    def takes_layers(self) -> bool:
        """Whether layers of our classifiers can be named, which it then reads."""
        return self.reads_layers and not self.features_only


def _gradient(weigh: Callable[..., object], about: str) -> MethodEntry:
    run = by_gradient(weigh)  # type: ignore[arg-type]
    return MethodEntry(run=run, about=about, needs_gradients=True)


METHODS: Registry[MethodEntry] = Registry("map method", group="tag2mask.maps")
"""The values of `method` in `activate`."""

METHODS.update({
    "cam": MethodEntry(
        run=cam, features_only=True,
        about="the class layer applied to every cell (Zhou et al., CVPR 2016)",
    ),
    "correlated_cam": MethodEntry(
        run=correlated_cam, compares_places=True, features_only=True,
        about="cam, averaged over cells with like features (after PCM of Wang et al., CVPR 2020)",
    ),
    "grad_cam": _gradient(
        weightings.grad_cam, "channels weighted by mean gradient (Selvaraju et al., ICCV 2017)"
    ),
    "grad_cam_pp": _gradient(
        weightings.grad_cam_pp,
        "Grad-CAM++: positive gradients, cell by cell (Chattopadhay et al., WACV 2018)",
    ),
    "layer_cam": _gradient(
        weightings.layer_cam, "positive gradient times feature per cell (Jiang et al., TIP 2021)"
    ),
    "hires_cam": _gradient(
        weightings.hires_cam, "gradient times feature per cell (Draelos & Carin, 2020)"
    ),
    "xgrad_cam": _gradient(
        weightings.xgrad_cam, "gradient weighted by the feature's share (Fu et al., BMVC 2020)"
    ),
    "eigen_cam": MethodEntry(
        run=eigen_cam, about="first principal component, no class (Muhammad & Yeasin, 2020)"
    ),
    "score_cam": MethodEntry(
        run=score_cam, about="score of the photo masked by each channel (Wang et al., 2020)"
    ),
    "ablation_cam": MethodEntry(
        run=ablation_cam, about="drop of the score without each channel (Desai et al., WACV 2020)"
    ),
    "attention": MethodEntry(
        run=attention, reads_layers=False,
        about="attention of the class token or of an attention pooling head",
    ),
    "attention_rollout": MethodEntry(
        run=attention_rollout, reads_layers=False,
        about="attention multiplied through all blocks (Abnar & Zuidema, ACL 2020)",
    ),
    "gradient_attention": MethodEntry(
        run=gradient_attention, needs_gradients=True, reads_layers=False,
        about="attention times its gradient (Chefer et al., ICCV 2021)",
    ),
})


def find_method(name: str) -> MethodEntry:
    """Look up a method by any common spelling of its name: "Grad-CAM++" is grad_cam_pp.

    Raises:
        InputError: no method has that name; the nearest name is suggested.
    """
    known = {_bare(own): own for own in METHODS}
    return METHODS.get(known.get(_bare(name), name))


def _bare(name: str) -> str:
    """Normalise a name by removing variations in spelling."""
    return re.sub(r"[^a-z]", "", name.lower().replace("+", "p").replace("plus", "p"))
