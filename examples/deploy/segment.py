"""Segment a photo with an exported network, without tag2mask and without torch.

python segment.py model.onnx photo.jpg mask.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def segment(session: onnxruntime.InferenceSession, photo: Image.Image) -> Image.Image:
    """Return the mask of a photo: 0 background, 1 to K the classes, in the photo's size."""
    about = session.get_modelmeta().custom_metadata_map
    mean, std = (np.array(about[key].split(), np.float32) for key in ("pixel_mean", "pixel_std"))
    photo = ImageOps.exif_transpose(photo).convert("RGB")
    zoom = int(about["long_side"]) / max(photo.size)
    size = [max(16, round(side * zoom)) for side in photo.size]
    pixels = (np.asarray(photo.resize(size, Image.Resampling.BILINEAR), np.float32) - mean) / std
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, ((0, -height % 32), (0, -width % 32), (0, 0)))
    logits = session.run(None, {"images": padded.transpose(2, 0, 1)[None]})[0][0]
    planes = (Image.fromarray(channel[:height, :width]) for channel in logits)
    channels = [np.asarray(plane.resize(photo.size, Image.Resampling.BILINEAR)) for plane in planes]
    return Image.fromarray(np.argmax(channels, axis=0).astype(np.uint8))


if __name__ == "__main__":
    model, source, target = map(Path, sys.argv[1:])
    loaded = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    segment(loaded, Image.open(source)).save(target)
    print(loaded.get_modelmeta().custom_metadata_map["classes"])  # noqa: T201
