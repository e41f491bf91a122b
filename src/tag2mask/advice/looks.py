"""Features and prediction uncertainty of the photos of a run, from its own models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from tag2mask.core.device import device_name, find_device
from tag2mask.core.progress import Progress
from tag2mask.data.batches import sized_batches
from tag2mask.data.dataset import Photo
from tag2mask.data.photos import load_photo
from tag2mask.models.classifiers.map_reading import faster_reader
from tag2mask.prediction.confidence import softmax
from tag2mask.prediction.predictor import load_predictor
from tag2mask.run_folder.folder import RunFolder
from tag2mask.strategies.loading import load_classifier


@torch.inference_mode()
def run_features(
    run: RunFolder, photos: Sequence[Photo], *, workers: int, progress: Progress,
    device: str = "cpu",
) -> npt.NDArray[np.float64]:
    """Return the mean of the classifier's last feature map over each photo, (N, C)."""
    where = find_device(device)
    classifier = load_classifier(run.root, device=where)
    pixels = len(photos) * classifier.spec.long_side**2
    classifier = faster_reader(classifier, pixels=pixels)
    rows: list[npt.NDArray[np.float64]] = [np.zeros(0)] * len(photos)
    with progress.stage("look", total=len(photos)) as bar:
        for batch in sized_batches(
            photos, long_side=classifier.spec.long_side, batch_size=16, workers=workers
        ):
            last = classifier.features(batch.to_images(classifier.backbone, where))[-1]
            for place, row in zip(batch.indices, last.float().mean((2, 3)), strict=True):
                rows[place] = row.double().cpu().numpy()
            bar.advance(len(batch.indices))
    return np.stack(rows) if rows else np.zeros((0, 1))


def network_entropy(
    run: RunFolder, photos: Sequence[Photo], *, progress: Progress, device: str = "cpu"
) -> npt.NDArray[np.float64]:
    """Return the mean entropy of the network's probabilities over each photo, (N,), in nats."""
    predictor = load_predictor(run.root, device=device_name(device))
    found = np.zeros(len(photos))
    with progress.stage("entropy", total=len(photos)) as bar:
        for place, photo in enumerate(photos):
            _, logits = predictor.predict_with_logits(load_photo(photo.path, depth=photo.depth))
            probabilities = np.maximum(softmax(logits.planes), 1e-9)
            found[place] = -(probabilities * np.log(probabilities)).sum(0).mean()
            bar.advance(1)
    return found
