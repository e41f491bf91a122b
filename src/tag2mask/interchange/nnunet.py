"""nnU-Net v2: imagesTr, labelsTr and dataset.json, with undecided pixels as the ignore label."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.core.files import write_text
from tag2mask.data.dataset import Problem
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.label_pngs import save_grey
from tag2mask.interchange.names import Names
from tag2mask.interchange.pictures import Pictures

FOLDER = "Dataset001_tag2mask"


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write a data set folder for `nnUNet_raw`, with names.csv mapping cases to photos.

    nnU-Net requires photos and labels in the same lossless format, so photos are written as PNG.
    """
    pictures, names = Pictures(labelling, options.images), Names(flat=True)
    cases: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    ignore, ignored = len(labelling.classes) + 1, False
    root = out / FOLDER
    for photo in labelling.photos:
        if photo.labels is None:
            continue
        case, split = names.stem(photo.file, suffix=".png"), photo.split or "train"
        kind = "Ts" if split == "test" else "Tr"
        try:
            pictures.place_png(photo, root / f"images{kind}" / f"{case}_0000.png")
        except InputError as error:
            labelling.problems.append(Problem(photo=photo.file, why=str(error), left_out=True))
            continue
        open_ = photo.labels == IGNORE
        ignored |= bool(open_.any())
        save_grey(root / f"labels{kind}" / f"{case}.png",
                  np.where(open_, np.uint8(ignore), photo.labels))
        cases[split].append(case)
    _describe(labelling, root, cases, ignore if ignored else None)
    names.write(root)
    return sum(map(len, cases.values()))


def _describe(
    labelling: Labelling, root: Path, cases: dict[str, list[str]], ignore: int | None
) -> None:
    labels = {"background": 0, **{name: label for label, name
                                  in enumerate(labelling.classes, start=1)}}
    if ignore is not None:  # only if it occurs: it must be the highest label, named "ignore"
        labels["ignore"] = ignore
    content = {"channel_names": {"0": "R", "1": "G", "2": "B"}, "labels": labels,
               "numTraining": len(cases["train"]) + len(cases["val"]), "file_ending": ".png",
               "overwrite_image_reader_writer": "NaturalImage2DIO"}
    write_text(root / "dataset.json", json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    if cases["val"]:
        write_text(root / "splits_final.json", json.dumps(
            [{"train": cases["train"], "val": cases["val"]}], indent=1) + "\n")
        labelling.notes.append("Copy splits_final.json into the data set's folder of "
                               "nnUNet_preprocessed to keep the split.")


FORMAT = Format(
    title="nnU-Net v2", exact="exact", write=write, undecided="its ignore label",
)
