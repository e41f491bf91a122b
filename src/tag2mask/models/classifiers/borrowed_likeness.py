"""Maps of photos with erased parts, with cells compared by features of the whole photos."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tag2mask.models.classifiers.classifier import Classifier


class BorrowedLikeness(nn.Module):
    """A classifier's maps of photos with erased parts, and another's features of the whole photos.

    Erased cells are similar to each other and to nothing else, so comparing cells on photos with
    erased parts would separate them from the object around them.
    """

    map_layer = f"classifier.{Classifier.map_layer}"

    def __init__(self, classifier: Classifier, lender: Classifier) -> None:
        """Initialise from two classifiers.

        Args:
            classifier: computes the maps, on erased photos.
            lender: computes the features for comparing cells, on whole photos.
        """
        super().__init__()
        self.classifier, self.lender = classifier, lender
        self.training = classifier.training

    def maps_and_likeness(
        self, images: Tensor, classes: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Compute `Classifier.maps_and_likeness`, each part on its own version of the photos.

        Args:
            images: (B, 6, H, W), normalised: erased photos, then the same photos unchanged.
            classes: as in `Classifier.maps_and_likeness`.
        """
        painted, whole = images.chunk(2, 1)
        maps, _ = self.classifier.maps_and_likeness(painted, classes)
        _, likeness = self.lender.maps_and_likeness(whole, classes)
        return maps, likeness


def beside(painted: Tensor, whole: Tensor) -> Tensor:
    """Stack erased and whole photos (B, 3, H, W) along the channels: (B, 6, H, W)."""
    return torch.cat([painted, whole], 1)
