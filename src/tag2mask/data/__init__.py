"""Data sets on disk: photos, tags and masks, read and checked.

`read_dataset` recognises the layout; `check_photos` decodes every file once; `inspect_dataset`
reports the contents of a data set and its problems.
"""

from __future__ import annotations

from tag2mask.data.check import check_photos
from tag2mask.data.dataset import SPLITS, Dataset, Photo, Problem
from tag2mask.data.inspection import Inspection, TiedPair, inspect_dataset
from tag2mask.data.masks import load_mask, palette, save_mask
from tag2mask.data.photos import SUFFIXES, load_photo, photo_size
from tag2mask.data.readers import read_dataset

__all__ = [
    "SPLITS",
    "SUFFIXES",
    "Dataset",
    "Inspection",
    "Photo",
    "Problem",
    "TiedPair",
    "check_photos",
    "inspect_dataset",
    "load_mask",
    "load_photo",
    "palette",
    "photo_size",
    "read_dataset",
    "save_mask",
]
