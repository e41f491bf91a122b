"""`DenseCRF` and `DenseCRF2D` with the interface of pydensecrf.

The usual pair of kernels, one over positions and one over positions and colours with Potts weights,
uses a fast implementation; all other features, compatibilities and normalisations use a general
one.

Differs from the original: energies and features may have any float type and memory order, and
results are arrays. Methods for learning parameters (such as `unaryGradient`) are not implemented.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.compat.pydensecrf.utils import create_pairwise_gaussian
from tag2mask.crf.mean_field import mean_field, taps_of
from tag2mask.crf.permutohedral import build_lattice

CONST_KERNEL, DIAG_KERNEL, FULL_KERNEL = 0, 1, 2
"""Kernel types, which differ only in their learned parameters and are equal without training."""
NO_NORMALIZATION, NORMALIZE_BEFORE, NORMALIZE_AFTER, NORMALIZE_SYMMETRIC = 0, 1, 2, 3

Compatibility = float | np.ndarray
Widths = float | Sequence[float]


@dataclass(frozen=True)
class _Pairwise:
    """A pairwise kernel and its parameters."""

    features: np.ndarray
    compatibility: Compatibility
    normalization: int
    width: float = 0.0
    """Width of an isotropic kernel over positions only; 0.0 for others."""

    @property
    def plain(self) -> bool:
        """Return whether the kernel has a Potts weight and symmetric normalisation."""
        return np.ndim(self.compatibility) == 0 and self.normalization == NORMALIZE_SYMMETRIC


@dataclass(frozen=True)
class ConstUnary:
    """Unary energies (L, N) that do not depend on features."""

    energies: np.ndarray


class DenseCRF:
    """A fully connected CRF over variables with any features."""

    def __init__(self, nvar: int, nlabels: int) -> None:
        """Initialise a CRF of `nvar` variables with `nlabels` labels, without energies."""
        self._shape = nlabels, nvar
        self._size = 1, nvar
        self._unary: np.ndarray | None = None
        self._kernels: list[_Pairwise] = []

    def setUnaryEnergy(self, u: np.ndarray) -> None:  # noqa: N802 - pydensecrf's name
        """Set the energies (L, N)."""
        energies = np.asarray(u, np.float32)
        if energies.shape != self._shape:
            raise ValueError(f"Unary energies must be {self._shape}, not {energies.shape}.")
        if np.isnan(energies).any():
            raise ValueError("Unary energies hold NaN; check the probabilities.")
        self._unary = energies

    def setUnary(self, u: ConstUnary) -> None:  # noqa: N802
        """Set the energies of a `ConstUnary`."""
        self.setUnaryEnergy(u.energies)

    def addPairwiseEnergy(  # noqa: N802
        self, features: np.ndarray, compat: Compatibility, kernel: int = DIAG_KERNEL,
        normalization: int = NORMALIZE_SYMMETRIC,
    ) -> None:
        """Add a Gaussian kernel of unit width over features (D, N).

        Args:
            features: (D, N), divided by their widths.
            compat: the weight of differing labels; or (L,) of equal ones; or (L, L).
            kernel: has no effect here.
            normalization: one of the constants above.
        """
        self._add(np.asarray(features, np.float32), compat, normalization)

    def inference(self, n: int) -> np.ndarray:
        """Run `n` iterations of the mean field and return the marginals (L, N) float32."""
        fast = self._as_pair()
        if fast is not None:
            return fast(n)
        beliefs, first, second = self.startInference()
        for _ in range(n):
            self.stepInference(beliefs, first, second)
        return beliefs

    def startInference(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # noqa: N802
        """Return the softmax of the unary energies (L, N), and two arrays for `stepInference`."""
        beliefs = _softmax(-self._energies())
        self._filters = [_filter_of(kernel) for kernel in self._kernels]
        return beliefs, np.empty_like(beliefs), np.empty_like(beliefs)

    def stepInference(  # noqa: N802
        self, Q: np.ndarray, tmp1: np.ndarray, tmp2: np.ndarray  # noqa: N803
    ) -> None:
        """Run one iteration on `Q`, in place."""
        energies = -self._energies()
        for kernel, filtered in zip(self._kernels, self._filters, strict=True):
            energies = energies - _compatible(kernel.compatibility, filtered(Q))
        Q[:] = _softmax(energies)

    def klDivergence(self, Q: np.ndarray) -> float:  # noqa: N802, N803
        """Return the energy of `Q` (L, N) minus its entropy; each pair is counted twice."""
        energy = (Q * np.log(np.maximum(Q, 1e-20))).sum() + (self._energies() * Q).sum()
        for kernel in self._kernels:
            energy += (Q * _compatible(kernel.compatibility, _filter_of(kernel)(Q))).sum()
        return float(energy)

    def _add(
        self, features: np.ndarray, compat: Compatibility, normalization: int, width: float = 0.0
    ) -> None:
        labels, count = self._shape
        if not np.isfinite(features).all():
            raise ValueError("Features hold NaN or inf; check the image and the widths.")
        if features.ndim != 2 or features.shape[1] != count:
            raise ValueError(f"Features must be (D, {count}), not {features.shape}.")
        if np.shape(compat) not in ((), (labels,), (labels, labels)):
            raise ValueError(f"compat must be a number, ({labels},) or ({labels}, {labels}).")
        self._kernels.append(_Pairwise(features, compat, normalization, width))

    def _energies(self) -> np.ndarray:
        if self._unary is None:
            raise ValueError("There are no unary energies; call setUnaryEnergy first.")
        return self._unary

    def _as_pair(self) -> Callable[[int], np.ndarray] | None:
        """Return the fast implementation if the kernels are the usual pair, else None."""
        near = [kernel for kernel in self._kernels if kernel.width and kernel.plain]
        far = [kernel for kernel in self._kernels if len(kernel.features) == 5 and kernel.plain]
        if self._shape[0] < 2 or (len(near), len(far), len(self._kernels)) != (1, 1, 2):
            return None

        def run(iterations: int) -> np.ndarray:
            unary = self._energies().reshape(-1, *self._size)
            beliefs = mean_field(
                unary, taps_of(near[0].width), build_lattice(far[0].features.T),
                position_weight=float(near[0].compatibility),
                colour_weight=float(far[0].compatibility), iterations=iterations,
            )
            return beliefs.reshape(self._shape)

        return run


class DenseCRF2D(DenseCRF):
    """A fully connected CRF over the pixels of an image."""

    def __init__(self, w: int, h: int, nlabels: int) -> None:
        """Initialise a CRF of `w` x `h` pixels with `nlabels` labels, without energies."""
        super().__init__(w * h, nlabels)
        self._size = h, w

    def addPairwiseGaussian(  # noqa: N802
        self, sxy: Widths, compat: Compatibility, kernel: int = DIAG_KERNEL,
        normalization: int = NORMALIZE_SYMMETRIC,
    ) -> None:
        """Add a kernel over positions; `sxy` is its width in pixels, or those along x and y."""
        x, y = np.broadcast_to(np.asarray(sxy, np.float64), 2)
        features = create_pairwise_gaussian((y, x), self._size)[::-1]
        self._add(features, compat, normalization, width=float(x) if x == y else 0.0)

    def addPairwiseBilateral(  # noqa: N802
        self, sxy: Widths, srgb: Widths, rgbim: np.ndarray, compat: Compatibility,
        kernel: int = DIAG_KERNEL, normalization: int = NORMALIZE_SYMMETRIC,
    ) -> None:
        """Add a kernel over positions and colours.

        Args:
            sxy: width in pixels, or those along x and y.
            srgb: width in colour steps, or those of each channel.
            rgbim: (h, w, 3) uint8.
            compat: as in `addPairwiseEnergy`.
            kernel: has no effect here.
            normalization: one of the constants above.
        """
        image = np.asarray(rgbim)
        if image.shape != (*self._size, 3):
            raise ValueError(f"The image must be {(*self._size, 3)}, not {image.shape}; for other "
                             "channels give utils.create_pairwise_bilateral to addPairwiseEnergy.")
        if image.dtype != np.uint8:
            raise ValueError(f"The image must be uint8, 0 to 255, not {image.dtype}.")
        x, y = np.broadcast_to(np.asarray(sxy, np.float64), 2)
        places = create_pairwise_gaussian((y, x), self._size)[::-1]
        widths = np.broadcast_to(np.asarray(srgb, np.float32), 3)
        colours = image.reshape(-1, 3).T.astype(np.float32) / widths[:, None]
        self._add(np.concatenate([places, colours]), compat, normalization)


def _filter_of(kernel: _Pairwise) -> Callable[[np.ndarray], np.ndarray]:
    """Build the lattice of a kernel and return the function that filters beliefs (L, N)."""
    lattice = build_lattice(kernel.features.T)
    sums = lattice.filter(np.ones((kernel.features.shape[1], 1), np.float32))[:, 0] + 1e-20
    symmetric = kernel.normalization == NORMALIZE_SYMMETRIC
    norm = (1 / np.sqrt(sums) if symmetric else 1 / sums).astype(np.float32)
    before = norm if kernel.normalization in (NORMALIZE_BEFORE, NORMALIZE_SYMMETRIC) else 1.0
    after = norm if kernel.normalization in (NORMALIZE_AFTER, NORMALIZE_SYMMETRIC) else 1.0

    def filtered(beliefs: np.ndarray) -> np.ndarray:
        result: np.ndarray = after * lattice.filter((before * beliefs).T).T
        return result

    return filtered


def _compatible(compatibility: Compatibility, filtered: np.ndarray) -> np.ndarray:
    """Apply the label compatibility to filtered beliefs (L, N): energies (L, N)."""
    weights = np.asarray(compatibility, np.float32)
    energies: np.ndarray
    if weights.ndim == 2:
        energies = (weights + weights.T) / 2 @ filtered
    elif weights.ndim == 1:
        energies = weights[:, None] * filtered
    else:
        energies = -weights * filtered
    return energies


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(0))
    result: np.ndarray = shifted / shifted.sum(0)
    return result
