"""The classifier: a backbone, a class head and a pooling, trained on tags."""

from __future__ import annotations

from torch import Tensor, nn

from tag2mask.data.given import Photo, as_photo
from tag2mask.data.transforms import resize, scale_to, to_images
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers.spec import ClassifierSpec
from tag2mask.models.heads.head import Head, precise
from tag2mask.models.heads.pixel_correlation import correlated_levels


class Classifier(nn.Module):
    """Backbone and head: the mean of the head's class evidence is the tag's logit."""

    map_layer = "representation"
    """The default layer for maps."""

    def __init__(
        self, backbone: BackboneModule, head: Head, spec: ClassifierSpec | None = None
    ) -> None:
        """Initialise from the two parts.

        Args:
            backbone: returns features, high resolution first.
            head: maps them to class evidence (B, K, h, w).
            spec: specification of both, for classifiers that belong to a run.
        """
        super().__init__()
        self.backbone, self.head = backbone, head
        self.representation = nn.Identity()  # gives the input of the head a layer name
        self._spec = spec

    @property
    def spec(self) -> ClassifierSpec:
        """Specification of the classifier; AttributeError if it does not belong to a run."""
        if self._spec is None:
            raise AttributeError("this classifier was built by hand and has no spec")
        return self._spec

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to tag logits (B, K)."""
        return self.evidence(images).mean((2, 3))

    def evidence(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to class evidence (B, K, h, w), whose mean is the logit."""
        return self.evidence_of(self.features(images))

    def evidence_of(self, features: list[Tensor]) -> Tensor:
        """Map the result of `features` to class evidence (B, K, h, w)."""
        return precise(self.head(features))

    def class_maps(self, images: Tensor, classes: Tensor | None = None) -> Tensor:
        """Map images (B, 3, H, W) to the maps for CAM: the evidence, possibly refined by the head.

        Args:
            images: normalised.
            classes: (k,) or (B, k) requested classes, which some heads need; for several views of
                the same images, B may be a multiple of the number of rows.

        Returns:
            (B, K, h, w), signed.
        """
        return self.maps_of(self.features(images), images, classes)

    def maps_and_likeness(
        self, images: Tensor, classes: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return maps before any averaging over similar cells, and the feature for comparing cells.

        Returns:
            (B, K, h, w), and (B, C, h', w') of the last level before the one that is classified.
        """
        features = self.features(images)
        level = correlated_levels(self.backbone)[-1]
        rows = _rows(classes, images)
        return precise(self.head.read_unshared(features, images, rows)), features[level]

    def maps_of(
        self, features: list[Tensor], images: Tensor, classes: Tensor | None = None
    ) -> Tensor:
        """Map the result of `features` to that of `class_maps` for the same images."""
        return precise(self.head.read(features, images, _rows(classes, images)))

    def attention(self, images: Tensor) -> Tensor | None:
        """Map images (B, 3, H, W) to the head's attention for each class, if it has one.

        Returns:
            (B, K, h, w), with a sum of 1; None for a head without attention.
        """
        attention = self.head.attention(self.features(images))
        return None if attention is None else attention.float()

    def features(self, images: Tensor) -> list[Tensor]:
        """Map images (B, 3, H, W) to the input of the head, high resolution first."""
        features = self.backbone(images)
        return [*features[:-1], self.representation(self.backbone.representation(features))]

    def open(self, photo: Photo) -> Tensor:
        """Read a photo as this classifier's input.

        Args:
            photo: a file, a PIL image, or an array or tensor in RGB; see `as_photo`.

        Returns:
            (1, 3, h, w), normalised, at the size that the classifier was trained for; at the
            photo's own size if the classifier does not belong to a run.

        Raises:
            InputError: the photo has an unsupported type, or there are several photos.
        """
        pixels = as_photo(photo, depth=self._spec.depth if self._spec is not None else None)
        if self._spec is not None:
            size = pixels.shape[0], pixels.shape[1]
            pixels = resize(pixels, scale_to(size, self._spec.long_side))
        images = to_images([pixels], self.backbone.pixel_mean, self.backbone.pixel_std)
        return images.to(next(self.parameters()).device)


def _rows(classes: Tensor | None, images: Tensor) -> Tensor | None:
    """Repeat the rows of classes so that each image, a view of a photo, has its own row."""
    if classes is None:
        return None
    rows = classes.expand(len(images), -1) if classes.dim() == 1 else classes
    return rows.repeat(len(images) // len(rows), 1).to(images.device)
