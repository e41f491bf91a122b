"""Every recipe in `configs/` loads, builds and takes one step."""

from __future__ import annotations

import math
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.core.settings import ranges_of
from tag2mask.core.settings.schema import keys_of, kinds_of, sections_of
from tag2mask.models.segmenters import Segmenter
from tag2mask.pipeline.config import Config, load_config
from tag2mask.sharpening import create_sharpener
from tag2mask.stages.classify.run import make_spec
from tag2mask.strategies import create_strategy
from tag2mask.strategies.loading import build_classifier
from tag2mask.strategies.strategy import Crops, Step
from tag2mask.training.mask_losses import LOSSES, SeenCrops
from tag2mask.training.networks import start_network

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "configs").glob("*.toml"))
NAMES = {"acol", "ae_psl", "cam", "has", "hrnet_w48", "irn", "mdc", "mixup_cam", "psa", "seam"}
CLASSES = ("cat", "dog", "owl")
SIDE = 48
"""Of the drawn crops, in pixels; backbones are as large as published."""

each_recipe = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_every_number_has_a_range_that_holds_its_default() -> None:
    """It is declared with the setting, and refuses NaN and infinity."""
    for schema in (Config, *sections_of(Config).values()):
        ranges = ranges_of(schema)
        numbers = {name for name, kind in kinds_of(schema).items()
                   if {int, float} & {kind, *get_args(kind)}}
        assert ranges.keys() == numbers
        for name, allowed in ranges.items():
            assert getattr(schema(), name) in allowed
            assert math.nan not in allowed
            assert math.inf not in allowed
            with pytest.raises(ValueError, match=name):
                schema(**{name: -1e9})


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give the values of a TOML file under dotted keys."""
    values: dict[str, Any] = {}
    for key, value in tree.items():
        values |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {
            prefix + key: value
        }
    return values


def setting(config: Config, key: str) -> object:
    """Look a dotted key up, lists as TOML has them."""
    section, _, name = key.rpartition(".")
    value = getattr(getattr(config, section) if section else config, name)
    return list(value) if isinstance(value, tuple) else value


def drawn_crops() -> Crops:
    """Draw two crops with two tags each."""
    tags = torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    return Crops(images=torch.randn(2, 3, SIDE, SIDE), tags=tags, fill=torch.zeros(3))


def test_every_recipe_is_here() -> None:
    """And none that the tests do not know."""
    assert {file.stem for file in FILES} == NAMES


@each_recipe
def test_it_says_what_is_published_and_what_is_needed(file: Path) -> None:
    """In the comment on its top, within the line length of the house."""
    lines = file.read_text(encoding="utf-8").splitlines()
    head = "\n".join(lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))])
    paper = re.search(r"^# Paper: (.*?)^# Published:", head, re.MULTILINE | re.DOTALL)
    assert paper is not None
    assert re.search(r"(CVPR|ICCV|BMVC) 20\d\d\.", paper.group(1))
    assert re.search(r"^# Published: .*\d", head, re.MULTILINE)
    assert re.search(r"^# Needs: Pascal VOC 2012 .* train_aug", head, re.MULTILINE)
    assert "a GPU" in head
    assert re.search(r"^# Differs from the paper: ", head, re.MULTILINE)
    assert max(map(len, lines)) <= 100


@each_recipe
def test_it_loads_and_sets_only_what_differs(file: Path) -> None:
    """Every key is known, and arrives with the file's value, which is not the default."""
    given = flat(tomllib.loads(file.read_text(encoding="utf-8")))
    config, default = load_config(file), Config()
    assert given.keys() <= set(keys_of(Config))
    for key, value in given.items():
        assert setting(config, key) == value
        assert setting(default, key) != value, f"{key} is the default"


def test_a_misspelt_key_is_told(tmp_path: Path) -> None:
    """So that loading the recipes proves that they say something."""
    file = tmp_path / "recipe.toml"
    file.write_text("[classify]\nbackbones = 'vgg16'\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"did you mean classify\.backbone"):
        load_config(file)


@each_recipe
def test_both_networks_take_a_step(file: Path) -> None:
    """The classifier by its strategy, and over it the segmentation network by its loss."""
    config = load_config(file)
    spec = make_spec(replace(config.classify, weights="none", size=SIDE), CLASSES)
    classifier, strategy = build_classifier(spec, start=True), create_strategy(spec.strategy)
    optimizer = torch.optim.SGD(classifier.parameters(), lr=1e-3)
    before = [weights.detach().clone() for weights in classifier.head.parameters()]

    crops = strategy.prepare_batch(drawn_crops(), np.random.default_rng(0))
    step = Step(classifier=classifier, images=crops.images, tags=crops.tags,
                features=classifier.features(crops.images))
    total = strategy.loss(step)
    torch.autograd.backward(total)
    optimizer.step()
    assert torch.isfinite(total)
    assert any((old != new).any() for old, new in
               zip(before, classifier.head.parameters(), strict=True))

    check_segmenter(config, start_network(
        classifier, model=config.segment.model, backbone=config.segment.backbone, weights="none",
        long_side=round(1.25 * SIDE),
    ).network)


def check_segmenter(config: Config, network: Segmenter) -> None:
    """Let it learn two drawn masks, some pixels of which are open."""
    images = torch.randn(2, 3, SIDE, SIDE)
    masks = torch.randint(0, len(CLASSES) + 1, (2, SIDE, SIDE))
    masks[:, :8] = 255
    logits = network(images)
    assert logits.shape[:2] == (2, len(CLASSES) + 1)
    seen = SeenCrops(masks=masks, images=images, encoder=network.encoder, side=round(1.25 * SIDE),
                     confidence=lambda: torch.full((2, len(CLASSES)), 0.5))
    loss = LOSSES.get(config.segment.loss)(logits, seen)
    torch.autograd.backward(loss)
    assert torch.isfinite(loss)
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


@each_recipe
def test_its_sharpening_is_there(file: Path) -> None:
    """Steps that need something from outside are left to who has it."""
    steps = load_config(file).sharpen.parsed
    if steps.affinity:
        steps.affinity.build((8, 16, 32))
    for name, step in steps.on_scores.items():
        if step.prior:
            pytest.skip(f"{name} needs {step.prior}, which is no part of this")
        create_sharpener(name)


def test_the_page_lists_every_recipe_with_its_command() -> None:
    """And no other."""
    page = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    assert set(re.findall(r"--config configs/(\w+)\.toml", page)) == NAMES
