"""Channel weights from the gradient of a target: one formula per method.

Every function takes `activations` (B, C, h, w) and `gradients` of one target, of the same shape or,
if the gradient is the same in all cells, (B, C, 1, 1). It returns weights that broadcast to the
activations: (B, C, 1, 1) or (B, C, h, w). The map is the sum of the weighted channels; the caller
sets negative values to 0.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Weighting = Callable[[Tensor, Tensor], Tensor]

_PLACES = (2, 3)


def grad_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """Average the gradient over the cells.

    Selvaraju et al., "Grad-CAM" (ICCV 2017), equation 1. Unlike CAM, it does not require pooling
    before the class layer, so it works for any layer.
    """
    return gradients.mean(_PLACES, keepdim=True)


def grad_cam_pp(activations: Tensor, gradients: Tensor) -> Tensor:
    """Average the positive gradients, weighted so that all occurrences contribute equally.

    Chattopadhay et al., "Grad-CAM++" (WACV 2018), equations 5 and 19, for the exponential of the
    target, whose factor is the same for all channels and omitted here.
    """
    squares = gradients.square()
    below = 2 * squares + activations.sum(_PLACES, keepdim=True) * squares * gradients
    shares = (squares / below.where(below != 0, 1)).where(gradients != 0, 0)
    return (shares * gradients.clamp_min(0)).expand_as(activations).sum(_PLACES, keepdim=True)


def layer_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """Weight every cell by its own positive gradient.

    Jiang et al., "LayerCAM" (IEEE TIP 2021), equations 4 and 5. Suited to shallow layers, where one
    weight per channel is too coarse.
    """
    return gradients.clamp_min(0)


def hires_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """Weight every cell by its own gradient, of either sign.

    Draelos and Carin, "Use HiResCAM instead of Grad-CAM" (arXiv 2011.08891), equation 3. If only
    linear layers follow, the sum of the map equals the target up to its bias.
    """
    return gradients


def xgrad_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """Average the gradient over the cells, weighted by the activation.

    Fu et al., "Axiom-based Grad-CAM" (BMVC 2020), equation 8.
    """
    total = activations.sum(_PLACES, keepdim=True)
    return (gradients * activations).sum(_PLACES, keepdim=True) / total.where(total != 0, 1)
