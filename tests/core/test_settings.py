"""Settings are read from anywhere, written completely, and every mistake names its fix."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.settings import compose, to_toml


@dataclass(frozen=True, kw_only=True)
class Train:
    """How the network learns."""

    epochs: int = 4
    """Passes over
    the photos."""
    rate: float = 0.1
    amp: bool = True
    name: str = 'tab\t"quoted" ü \\'
    scales: tuple[float, ...] = (1.0, 1.5)
    size: tuple[int, int] = (3, 4)
    steps: tuple[str, ...] = ()
    threshold: float | str = "auto"
    layout: Literal["wide", "narrow"] = "wide"
    limit: int | None = 7
    weights: Path | None = None

    def __post_init__(self) -> None:
        """Hold the limits."""
        if self.epochs < 1:
            raise ValueError(f"epochs must be at least 1, not {self.epochs}")


@dataclass(frozen=True, kw_only=True)
class Draw:  # noqa: D101 - a section that explains nothing must do too
    colour: str = "red"
    epochs: int = 1


@dataclass(frozen=True, kw_only=True)
class Everything:
    """Two sections and a plain value."""

    seed: int = 0
    train: Train = field(default_factory=Train)
    draw: Draw = field(default_factory=Draw)


def read(text: str, folder: Path, *overrides: str) -> Everything:
    """Compose from a file with this text, and overrides."""
    file = folder / "recipe.toml"
    file.write_text(text, encoding="utf-8")
    return compose(Everything, files=[file], overrides=overrides)


def test_nothing_given_is_the_defaults() -> None:
    """Every field has one."""
    assert compose(Everything) == Everything()


def test_overrides_win_over_files_and_files_over_defaults(tmp_path: Path) -> None:
    """And the later file or override over the earlier."""
    text = "seed = 3\n[train]\nepochs = 9\nrate = 1\n"
    got = read(text, tmp_path, "train.epochs=5", "train.epochs=6")
    assert got == Everything(seed=3, train=Train(epochs=6, rate=1.0))
    assert isinstance(got.train.rate, float)


@pytest.mark.parametrize(
    ("override", "key", "wanted"),
    [
        ("train.name=2012", "name", "2012"),
        ('train.name="a b"', "name", "a b"),
        ("train.name=a=b", "name", "a=b"),
        ("train.threshold=0.3", "threshold", 0.3),
        ("train.threshold=.3", "threshold", 0.3),
        ("train.rate=-2.", "rate", -2.0),
        ("train.scales=.5,1.", "scales", (0.5, 1.0)),
        ("train.name=.5", "name", ".5"),
        ("train.threshold=otsu", "threshold", "otsu"),
        ("train.scales=[1, 2.5]", "scales", (1.0, 2.5)),
        ("train.scales=1,2.5", "scales", (1.0, 2.5)),
        ("train.scales=0.5", "scales", (0.5,)),
        ("train.steps=[soft, 12]", "steps", ("soft", "12")),
        ("train.steps=[]", "steps", ()),
        ("train.amp=false", "amp", False),
        ("train.layout=narrow", "layout", "narrow"),
        ("train.limit=none", "limit", None),
        ("train.weights=some/file.pt", "weights", Path("some/file.pt")),
        (" train.epochs = 2 ", "epochs", 2),
    ],
)
def test_a_shell_needs_no_quotes(override: str, key: str, wanted: object) -> None:
    """The type of the field decides how the words are read."""
    got = getattr(compose(Everything, overrides=[override]).train, key)
    assert got == wanted
    assert type(got) is type(wanted)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[train]\nepoch = 4", "train.epoch is no setting; did you mean train.epochs?"),
        ("[trian]\nepochs = 4", "trian is no section of the settings; did you mean train?"),
        ("sed = 4", "sed is no setting; did you mean seed?"),
        ("color = 'red'", "color is no setting; did you mean draw.colour?"),
        ("train = 4", "train is a section; set one of train.epochs, train.rate,"),
        ("[train]\nepochs = 'many'", 'train.epochs wants a whole number, not "many".'),
        ("[train]\nepochs = true", "train.epochs wants a whole number, not true."),
        ("[train]\nepochs = 2.0", "train.epochs wants a whole number, not 2.0."),
        ("[train]\namp = 1", "train.amp wants true or false, not 1."),
        ("[train]\nscales = 1.0", "train.scales wants a list, each item a number, not 1.0."),
        ("[train]\nscales = ['a']", 'each item a number, not ["a"].'),
        ("[train]\nsize = [1]", "wants a list of 2: a whole number, a whole number, not [1]."),
        ("[train]\nthreshold = []", "train.threshold wants a number or text, not []."),
        ("[train]\nlayout = 'wid'", 'train.layout wants "wide" or "narrow", not "wid".'),
        ("[train]\nlimit = 'no'", 'train.limit wants a whole number or "none", not "no".'),
        ("seed = {a = 1}", "seed wants a whole number, not a table."),
        ("[train]\nepochs = 0", "recipe.toml: train: epochs must be at least 1, not 0."),
        ("seed = ", "is no valid TOML: "),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_mend(
    text: str, sentence: str, tmp_path: Path
) -> None:
    """One sentence, with the file and the key."""
    with pytest.raises(InputError) as caught:
        read(text, tmp_path)
    assert sentence in str(caught.value)
    assert "recipe.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("train.epoch=4", "--set train.epoch is no setting; did you mean train.epochs?"),
        ("trian.epochs=4", "--set trian is no section of the settings; did you mean train?"),
        ("train.epochs=many", '--set train.epochs wants a whole number, not "many".'),
        ("train.epochs.x=1", "--set train.epochs wants a whole number, not a table."),
        ("train.epochs=0", "--set: train: epochs must be at least 1, not 0."),
        ("train.epochs", '--set wants section.key=value, not "train.epochs".'),
        (".epochs=3", '--set wants section.key=value, not ".epochs=3".'),
        ("train=3", "--set train is a section"),
    ],
)
def test_a_mistake_in_an_override_is_told_with_its_mend(override: str, sentence: str) -> None:
    """The same sentences, with --set in the file's place."""
    with pytest.raises(InputError) as caught:
        compose(Everything, overrides=[override])
    assert str(caught.value).startswith(sentence)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """By its name, without a traceback of ours."""
    with pytest.raises(InputError, match=r"nowhere\.toml cannot be read"):
        compose(Everything, files=[tmp_path / "nowhere.toml"])


@pytest.mark.parametrize(
    "settings",
    [
        Everything(),
        Everything(seed=-5, draw=Draw(colour="\x7f\n#")),
        Everything(train=Train(rate=1e-7, threshold=0.25, steps=("a", "b,c"), limit=None)),
        Everything(train=Train(weights=Path("a/b c.safetensors"), rate=float("inf"))),
    ],
)
def test_what_is_written_is_read_back(settings: Everything, tmp_path: Path) -> None:
    """All of it, so that a run can be repeated from its folder alone."""
    assert read(to_toml(settings), tmp_path) == settings


def test_the_file_explains_itself() -> None:
    """Sections say what they are for, fields what they do; nothing is made up."""
    text = to_toml(Everything())
    assert text.startswith("seed = 0\n\n[train]\n# How the network learns.\n# Passes over the pho")
    assert "# Passes over the photos.\nepochs = 4\nrate = 0.1\n" in text
    assert "[draw]\ncolour" in text
