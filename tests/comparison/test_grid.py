"""Grid files: combinations, their order, and error messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tag2mask.comparison.grid import Recipe, read_grid
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config


def grid(folder: Path, text: str) -> list[Recipe]:
    """Write and read a grid."""
    file = folder / "grid.toml"
    file.write_text(text, encoding="utf-8")
    return read_grid(file)


def test_the_product_with_the_first_stage_varying_slowest(tmp_path: Path) -> None:
    """Regardless of the order in the file, so that recipes with one classifier are adjacent."""
    recipes = grid(tmp_path, 'sharpening = ["none", ["pixel_adaptive", "dense_crf"]]\n'
                             'strategy = ["plain", ["hide_and_seek", "mixup"]]\n')
    assert [recipe.name for recipe in recipes] == [
        "plain, none", "plain, pixel_adaptive + dense_crf",
        "hide_and_seek + mixup, none", "hide_and_seek + mixup, pixel_adaptive + dense_crf",
    ]
    config = load_config(None, recipes[3].overrides)
    assert config.classify.strategy == ("hide_and_seek", "mixup")
    assert config.sharpen.steps == ("pixel_adaptive", "dense_crf")
    assert load_config(None, recipes[0].overrides).sharpen.parsed.names == ()


def test_settings_are_the_same_for_all_and_any_setting_may_vary(tmp_path: Path) -> None:
    """With quotes or as a table; a choice with a single value is not part of the name."""
    recipes = grid(tmp_path, 'segmenter = ["unet"]\n"label.band" = [0.1, 0.3]\n'
                             "[settings]\nclassify.epochs = 2\nactivate.scales = [1, 1.5]\n")
    assert [recipe.name for recipe in recipes] == ["0.1", "0.3"]
    config = load_config(None, recipes[1].overrides)
    assert (config.label.band, config.classify.epochs, config.activate.scales) == (0.3, 2, (1, 1.5))


def test_an_invalid_recipe_has_a_reason(tmp_path: Path) -> None:
    """The step needs a folder that only some recipes have."""
    recipes = grid(tmp_path, 'sharpening = ["none", "saliency"]\n'
                             f'"sharpen.saliency" = ["", "{tmp_path}"]\n')
    assert [bool(recipe.problem) for recipe in recipes] == [False, False, True, False]
    assert "saliency" in recipes[2].problem


@pytest.mark.parametrize(("text", "message"), [
    ("", "contains no choices"),
    ("[settings]\nseed = 3\n", "contains no choices"),
    ('stratgy = ["plain"]', 'no choice called "stratgy"; did you mean strategy'),
    ("strategy = []", "strategy must be a list of one or more values"),
    ('strategy = "plain"', "strategy must be a list"),
    ('strategy = ["plain", "plain"]', "contains the same value twice"),
    ('strategy = ["plain", "plane"]', "strategy = plane"),
    ('strategy = ["plain", ["acol", "mdc"]]', "acol and mdc do not stack"),
    ('"label.bnad" = [0.1]', "label.bnad"),
    ("strategy = [", "no valid TOML"),
    ("settings = 3", "must be a table"),
])
def test_mistakes_are_reported(text: str, message: str, tmp_path: Path) -> None:
    """In one sentence with the file and the key."""
    with pytest.raises(InputError, match=r"grid\.toml") as raised:
        grid(tmp_path, text)
    assert message in str(raised.value)


def test_a_missing_grid_is_reported(tmp_path: Path) -> None:
    """With its name, and what a grid looks like, which is not what a run's settings are."""
    with pytest.raises(InputError, match="cannot be read") as raised:
        read_grid(tmp_path / "none.toml")
    assert str(raised.value).endswith(
        'with a list of values per choice, as in strategy = ["plain", "seam"].')


@pytest.mark.parametrize(("text", "message"), [
    ('strategy = ["plian"]', "strategy = plian: classify: strategy: There is no"),
    ('strategy = ["plain"]\n[settings]\nclassify.epoch = 3\n',
     ": classify.epoch is no setting; did you mean classify.epochs?"),
    ('"classify.epochs" = 4\n', 'as in classify.epochs = [4].'),
])
def test_nobody_typed_set(text: str, message: str, tmp_path: Path) -> None:
    """The option --set is not named, nor a choice that is right."""
    with pytest.raises(InputError) as raised:
        grid(tmp_path, text)
    assert message in str(raised.value)
    assert "--set" not in str(raised.value)
    assert "plain" not in str(raised.value).replace("'plain'", "")
