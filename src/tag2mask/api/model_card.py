"""The model card of a trained network: what it was trained on, how, and how good it is."""

from __future__ import annotations

from collections.abc import Iterator

from tag2mask import __version__
from tag2mask.core.wording import counted
from tag2mask.models.backbones import BACKBONES
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Metrics, read_metrics
from tag2mask.run_folder.segmenter_spec import SegmenterSpec
from tag2mask.run_folder.weights import read_header


def model_card(run: RunFolder) -> str:
    """Return the model card of a run's network as Markdown, with the header that hubs read.

    Raises:
        InputError: the run has no network, or a file of it is damaged.
    """
    spec = SegmenterSpec.from_header(read_header(run.segmenter / "weights.safetensors"))
    return "\n".join([*_header(), *_network(spec), *_data(run), *_figures(read_metrics(run)),
                      *_use()]) + "\n"


def _header() -> Iterator[str]:
    yield from ("---", "library_name: tag2mask", "pipeline_tag: image-segmentation",
                "tags: [image-segmentation, weak-supervision]", "---", "")


def _network(spec: SegmenterSpec) -> Iterator[str]:
    classes = ", ".join(f"{number} {name}" for number, name in enumerate(spec.classes, 1))
    yield from (
        "# A segmentation network from image tags", "",
        f"Trained with tag2mask {__version__} on pseudo masks, which were made from image tags and "
        "from annotations where the data set has some. It was not trained on masks for scoring.",
        "", f"- Network: `{spec.model}` over `{spec.backbone}`",
        f"- Labels: 0 background, {classes}",
        f"- Photos are read with a longer side of {spec.long_side} pixels.",
        f"- Pretrained weights: {BACKBONES.get(spec.backbone).pretraining}; their licence applies "
        "to this network too.", "",
    )


def _data(run: RunFolder) -> Iterator[str]:
    dataset = read_run_dataset(run)
    counts = {name: sum(photo.split == name for photo in dataset.photos)
              for name in sorted({photo.split for photo in dataset.photos})}
    parts = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    yield from ("## Data", "", f"{counted(len(dataset.photos), 'photo')} ({parts}), "
                f"{counted(len(dataset.classes), 'class')}.", "")


def _figures(metrics: Metrics) -> Iterator[str]:
    yield from ("## Figures", "")
    rows = [
        f"| {figure.split} | {figure.images:,} | {100 * figure.miou:.1f} | {figure.tags} | "
        f"{figure.seed} |"
        for figure in metrics.figures if figure.what == "network" and figure.miou is not None
    ]
    if not rows:
        yield from ("No true masks were available, so nothing was measured.", "")
        return
    yield from ("Mean IoU over background and all classes, in percent; one run.", "",
                "| Split | Photos | mIoU | Tags | Seed |", "|---|---|---|---|---|")
    yield from (*rows, "")


def _use() -> Iterator[str]:
    yield from (
        "## Use", "", "```python", "import tag2mask", "",
        'segment = tag2mask.load_segmenter("PATH OR hf://USER/NAME")',
        'segment("photo.jpg").save("mask.png")', "```", "", "## Limits", "",
        "Masks of photos that differ from the training photos are unreliable, and objects of other "
        "classes may be labelled as one of these.",
    )
