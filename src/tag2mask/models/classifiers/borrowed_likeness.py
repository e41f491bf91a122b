"""Maps of a photo with parts painted over, among places of the photo as it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tag2mask.models.classifiers.classifier import Classifier


class BorrowedLikeness(nn.Module):
    """A classifier's maps of painted photos, and another's likeness of the same photos' places.

    What is painted over looks alike, holds nothing and is unlike all the rest; places compared on
    such photos would keep what a class has there from the body around it.
    """

    map_layer = f"classifier.{Classifier.map_layer}"

    def __init__(self, classifier: Classifier, lender: Classifier) -> None:
        """Join them.

        Args:
            classifier: whose maps are read, of photos that are painted over.
            lender: who compares the places, of photos as they are.
        """
        super().__init__()
        self.classifier, self.lender = classifier, lender
        self.training = classifier.training

    def maps_and_likeness(
        self, images: Tensor, classes: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Give what `Classifier.maps_and_likeness` gives, each of its own photos.

        Args:
            images: (B, 6, H, W), normalised: photos painted over, and the same as they are.
            classes: as there.
        """
        painted, whole = images.chunk(2, 1)
        maps, _ = self.classifier.maps_and_likeness(painted, classes)
        _, likeness = self.lender.maps_and_likeness(whole, classes)
        return maps, likeness


def beside(painted: Tensor, whole: Tensor) -> Tensor:
    """Lay photos (B, 3, H, W) painted over and as they are on each other: (B, 6, H, W)."""
    return torch.cat([painted, whole], 1)
