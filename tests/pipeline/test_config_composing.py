"""Settings from a file, a dictionary and keywords, with the same errors everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

import tag2mask
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config, load_run_config

Config = tag2mask.Config


def test_all_ways_make_the_same_settings(tmp_path: Path) -> None:
    """A file, a dictionary, dotted keys, keywords with a dataclass or a dictionary."""
    (tmp_path / "a.toml").write_text('seed = 3\n[classify]\nepochs = 4\nstrategy = ["seam"]\n',
                                     encoding="utf-8")
    wanted = Config.from_file(tmp_path / "a.toml")
    assert (wanted.seed, wanted.classify.epochs, wanted.classify.strategy) == (3, 4, ("seam",))
    section = {"epochs": 4, "strategy": ["seam"]}
    assert Config.from_dict({"seed": 3, "classify": section}) == wanted
    assert Config.from_dict({"seed": 3, "classify.epochs": 4,
                             "classify.strategy": ("seam",)}) == wanted
    assert Config(seed=3, classify=section) == wanted  # type: ignore[arg-type]
    assert Config(seed=3, classify=tag2mask.ClassifyConfig(
        epochs=4, strategy=("seam",))) == wanted
    assert Config().typed(["seed=3", "classify.epochs=4", "classify.strategy=seam"]) == wanted


def test_a_copy_keeps_what_is_not_named() -> None:
    """Sections are merged, not replaced."""
    config = Config.from_dict({"seed": 3, "classify": {"epochs": 4}})
    changed = config.replace(classify={"size": 128}, label={"threshold": 0.7})
    assert (changed.seed, changed.classify.epochs, changed.classify.size) == (3, 4, 128)
    assert changed.label.threshold == 0.7
    assert config.classify.size != 128
    assert config.replace({"classify.epochs": 5}).classify.epochs == 5
    whole = config.replace(classify=tag2mask.ClassifyConfig(size=96))
    assert (whole.classify.size, whole.classify.epochs) == (96, "auto")


def test_settings_come_back_from_what_they_are_written_as(tmp_path: Path) -> None:
    """As TOML and as a dictionary."""
    config = Config.from_dict({"sharpen.steps": ["dense_crf"], "segment.onnx": False})
    (tmp_path / "b.toml").write_text(config.to_toml(), encoding="utf-8")
    assert Config.from_file(tmp_path / "b.toml") == config
    assert Config.from_dict(config.as_dict()) == config


@pytest.mark.parametrize(("settings", "words"), [
    ({"classify": {"epoch": 4}}, "classify.epoch is no setting; did you mean classify.epochs"),
    ({"clasify": {"epochs": 4}}, "clasify is no section of the settings; did you mean classify"),
    ({"classify.batch_size": "four"}, 'classify.batch_size wants a whole number, not "four"'),
    ({"classify.epochs": "four"}, 'classify: epochs must be "auto" or a whole number'),
    ({"classify.batch_size": 0}, "classify.batch_size wants a whole number, from 1 to 4096, not 0"),
    ({"classify": 4}, "classify is a section"),
])
def test_a_wrong_setting_is_one_sentence(settings: dict[str, object], words: str) -> None:
    """In a dictionary and in a change."""
    for make in (Config.from_dict, Config().replace):
        with pytest.raises(InputError, match=words):
            make(settings)


def test_a_section_of_something_else_is_refused() -> None:
    """By keyword, too."""
    with pytest.raises(InputError, match="classify is a section of settings"):
        Config(classify=4)  # type: ignore[arg-type]


def test_a_run_of_an_earlier_version_keeps_its_meaning(tmp_path: Path) -> None:
    """It had no second round, for example; a file that names one has it, as new settings do."""
    file = tmp_path / "config.toml"
    file.write_text("[sharpen]\nlong_side = 150\n", encoding="utf-8")
    assert not load_run_config(file).sharpen.second_round
    assert not load_run_config(file).sharpen.outline
    assert not load_run_config(file).sharpen.normality
    assert load_run_config(file, ["sharpen.second_round=true"]).sharpen.second_round
    assert load_config(file).sharpen.second_round
    file.write_text("[sharpen]\nsecond_round = true\n", encoding="utf-8")
    assert load_run_config(file).sharpen.second_round
    file.write_text("[sharpen]\nlong_sid = 150\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^\S+config\.toml: .*did you mean sharpen\.long_side"):
        load_run_config(file)


def test_the_settings_of_a_run_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a file that changes meanwhile is not mixed of two."""
    file = tmp_path / "config.toml"
    file.write_text("seed = 3\n", encoding="utf-8")
    read, texts = Path.read_text, list[str]()

    def counted(path: Path, encoding: str | None = None) -> str:
        texts.append(read(path, encoding))
        return texts[-1]

    monkeypatch.setattr(Path, "read_text", counted)
    assert load_run_config(file).seed == 3
    assert texts == ["seed = 3\n"]
