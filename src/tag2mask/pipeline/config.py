"""All settings of a run: every stage's own dataclass as one section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Annotated

from tag2mask.annotation.costs import AnnotationConfig
from tag2mask.core.contracts import InputError
from tag2mask.core.settings import Checked, Range, compose, to_toml
from tag2mask.core.settings.schema import sections_of
from tag2mask.data.reading_rules import DataConfig
from tag2mask.stages.activate.run import ActivateConfig
from tag2mask.stages.classify.run import ClassifyConfig
from tag2mask.stages.evaluate.run import EvaluateConfig
from tag2mask.stages.label.run import LabelConfig
from tag2mask.stages.segment.run import SegmentConfig
from tag2mask.stages.sharpen.settings import SharpenConfig

_EARLIER = {"activate": {"discriminant": False},
            "sharpen": {"second_round": False, "outline": False, "normality": False},
            "label": {"specks": 0.0}}
"""What runs did before a setting was added whose default changes results."""


@dataclass(frozen=True, kw_only=True)
class Config(Checked):
    """Everything that decides a run's result, besides the data.

    Settings come from a file, from a dictionary of the same shape, or from keywords:

        Config.from_file("settings.toml")
        Config.from_dict({"seed": 1, "classify": {"epochs": 4}})
        Config(seed=1, classify=ClassifyConfig(epochs=4))

    and `replace` changes some of them. A section may be a dictionary everywhere.
    """

    seed: Annotated[int, Range(0, 2**32 - 2)] = 0
    """Of all that is drawn at random: the same seed on the same machine gives the same masks."""
    data: DataConfig = field(default_factory=DataConfig)
    classify: ClassifyConfig = field(default_factory=ClassifyConfig)
    activate: ActivateConfig = field(default_factory=ActivateConfig)
    sharpen: SharpenConfig = field(default_factory=SharpenConfig)
    label: LabelConfig = field(default_factory=LabelConfig)
    segment: SegmentConfig = field(default_factory=SegmentConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    annotation: AnnotationConfig = field(default_factory=AnnotationConfig)

    def __post_init__(self) -> None:
        """Make sections of dictionaries, and refuse values out of range."""
        for name, kind in sections_of(Config).items():
            if isinstance(given := getattr(self, name), Mapping):
                tree = {f"{name}.{key}": value for key, value in given.items()}
                object.__setattr__(self, name, getattr(compose(Config, trees=[tree]), name))
            elif not isinstance(given, kind):
                raise InputError(f"{name} is a section of settings; give a dictionary or a "
                                 f"{kind.__name__}, not {given!r}.")
        super().__post_init__()

    @classmethod
    def from_file(cls, file: str | Path) -> Config:
        """Read settings from a TOML file, such as the `config.toml` of a run.

        Raises:
            InputError: the file cannot be read, or a setting in it is wrong.
        """
        return load_config(Path(file))

    @classmethod
    def from_dict(cls, settings: Mapping[str, object]) -> Config:
        """Take settings from a dictionary, sections as dictionaries or in dotted keys.

        Raises:
            InputError: a key does not exist, or a value is of the wrong type or out of range.
        """
        return compose(Config, trees=[settings])

    def replace(self, settings: Mapping[str, object] | None = None, **sections: object) -> Config:
        """Return a copy with some settings changed; those that are not named stay.

            config.replace(seed=1, classify={"epochs": 4})
            config.replace({"classify.epochs": 4})

        Raises:
            InputError: as `from_dict`.
        """
        changes = {**(settings or {}), **sections}
        return compose(Config, trees=[asdict(self), *({key: _plain(value)}
                                                      for key, value in changes.items())])

    def typed(self, overrides: Sequence[str]) -> Config:
        """Return a copy changed as by `--set`, from texts such as "classify.epochs=4".

        Raises:
            InputError: as `from_dict`.
        """
        return compose(Config, trees=[asdict(self)], overrides=overrides)

    def as_dict(self) -> dict[str, object]:
        """Return all settings as a dictionary, which `from_dict` takes."""
        return asdict(self)

    def to_toml(self) -> str:
        """Write all settings as TOML, which `from_file` reads."""
        return to_toml(self)


def _plain(value: object) -> object:
    """Return a section given as a dataclass as a dictionary."""
    return asdict(value) if isinstance(value, Checked) and is_dataclass(value) else value


def load_config(file: Path | None = None, overrides: Sequence[str] = ()) -> Config:
    """Read the settings: defaults, then the file, then `section.key=value`.

    Raises:
        InputError: a misspelt key, a wrong type, a value out of its limits, an unreadable file.
    """
    return compose(Config, files=[file] if file else [], overrides=overrides)


def load_run_config(file: Path, overrides: Sequence[str] = ()) -> Config:
    """Read the `config.toml` of a run, which an earlier version may have written.

    Raises:
        InputError: as from `load_config`.
    """
    return compose(Config, defaults=_EARLIER, files=[file], overrides=overrides)
