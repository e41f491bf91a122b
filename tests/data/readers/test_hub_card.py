"""The head of a README.md on the hub, in the forms that are in use."""

from __future__ import annotations

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.hub_card import card_of, chosen_config, matches


def card(body: str) -> str:
    """Return a card with a head."""
    return f"---\n{body}\n---\n# Title\n"


@pytest.mark.parametrize(("files", "patterns"), [
    ("train.parquet", (("", "train.parquet"),)),
    ("[a.parquet, b.parquet]", (("", "a.parquet"), ("", "b.parquet"))),
    ("{train: a/*, test: [b, c]}", (("train", "a/*"), ("test", "b"), ("test", "c"))),
    ("[{split: train, path: a/*}]", (("train", "a/*"),)),
])
def test_files_of_a_configuration(files: str, patterns: tuple[tuple[str, str], ...]) -> None:
    """A text, a list, or by split."""
    [config] = card_of(card(f"configs:\n- config_name: x\n  data_files: {files}")).configs
    assert (config.name, config.patterns) == ("x", patterns)


def test_a_folder_of_a_configuration() -> None:
    """Alone, or before its patterns."""
    one, two = card_of(card("configs:\n- config_name: x\n  data_dir: a\n- config_name: y\n"
                            "  data_dir: b/\n  data_files: '*.csv'")).configs
    assert (one.split_of("a/deep/1.jpg"), one.split_of("b/1.csv")) == ("", None)
    assert (two.split_of("b/1.csv"), two.split_of("b/1.jpg")) == ("", None)


@pytest.mark.parametrize(("pattern", "path", "fits"), [
    ("data/train-*", "data/train-0.parquet", True), ("data/*", "data/a/b.png", True),
    ("*.parquet", "a/b.parquet", False), ("**/*.png", "a/b/c.png", True),
    ("**/*.png", "c.png", True), ("train/**", "train/a/b.png", True), ("train", "train/a", True),
    ("train", "training/a", False), ("a.b", "axb", False), ("x?.tar", "x1.tar", True),
])
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    """As in a shell; a folder means what is in it."""
    assert matches(pattern, path) is fits


@pytest.mark.parametrize("text", [
    "", "# No head", card("a: [b"), card("- a"), card("configs: 1"), card("configs: [1, {}]"),
    card("dataset_info: [1, {features: x}]"),
])
def test_what_is_not_stated_is_empty(text: str) -> None:
    """A strange card is no reason to stop."""
    found = card_of(text)
    assert (found.configs, found.features_of("")) == ((), {})


def test_features_in_yaml() -> None:
    """Class names of a label and of a list of labels."""
    head = """dataset_info:
  features:
  - {name: image, dtype: image}
  - {name: label, dtype: {class_label: {names: {'0': a, '10': c, '2': b}}}}
  - {name: tags, sequence: {class_label: {names: [x, y]}}}
  - {name: words, list: string}"""
    assert card_of(card(head)).features_of("") == {
        "image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": ["a", "b", "c"]},
        "tags": [{"_type": "ClassLabel", "names": ["x", "y"]}],
        "words": [{"_type": "Value", "dtype": "string"}]}


def test_the_default_configuration() -> None:
    """The only one, the marked one, or one called default; otherwise one must be named."""
    both = "configs:\n- {config_name: a, data_files: x}\n- {config_name: b, data_files: y%s}"
    configs = card_of(card(both % ", default: true")).configs
    chosen = chosen_config(configs, "", "here")
    assert chosen is not None
    assert chosen.name == "b"
    configs = card_of(card(both % "")).configs
    with pytest.raises(InputError, match="here has the configurations a, b; name one"):
        chosen_config(configs, "", "here")
    assert chosen_config((), "x", "here") is None
