"""Read the card of a Hugging Face data set, README.md: its configurations and its features."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tag2mask.core.contracts import InputError

CARD = "README.md"

_HEAD = re.compile(r"\A\ufeff?---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_DEFAULT = "default"


@dataclass(frozen=True)
class Config:
    """A configuration: files by split.

    Attributes:
        name: its name, "default" if the card gives none.
        patterns: pairs of a split and a pattern of paths; the split is "" if it is not named.
        is_default: whether it is used if no other is chosen.
    """

    name: str
    patterns: tuple[tuple[str, str], ...]
    is_default: bool = False

    def split_of(self, path: str) -> str | None:
        """Return the split of a file; None if it does not belong to the configuration."""
        return next((split for split, pattern in self.patterns if matches(pattern, path)), None)


@dataclass(frozen=True)
class Card:
    """What a card says.

    Attributes:
        configs: configurations with files.
        features: features of the columns by configuration, as in the metadata of Arrow files.
    """

    configs: tuple[Config, ...] = ()
    features: Mapping[str, Mapping[str, object]] | None = None

    def features_of(self, config: str) -> Mapping[str, object]:
        """Return the features of a configuration; {} if the card has none."""
        known = self.features or {}
        only = next(iter(known.values())) if len(known) == 1 else {}
        return known.get(config or _DEFAULT, only)


def read_card(folder: Path) -> Card:
    """Read the card in a folder; an empty one if there is none, or it has no head in YAML."""
    try:
        text = (folder / CARD).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Card()
    return card_of(text)


def card_of(text: str) -> Card:
    """Read a card; what it does not state is left empty."""
    found = _HEAD.search(text)
    try:
        head = yaml.safe_load(found[1]) if found else None
    except (yaml.YAMLError, RecursionError, ValueError):
        head = None
    if not isinstance(head, dict):
        return Card()
    configs = tuple(_configs(head.get("configs")))
    return Card(configs, dict(_features(head.get("dataset_info"))))


def chosen_config(configs: Sequence[Config], name: str, where: str) -> Config | None:
    """Return the configuration called `name`, or the default one; None if there are none.

    Raises:
        InputError: there is none of that name, or several of which none is the default.
    """
    names = ", ".join(one.name for one in configs[:12])
    if name:
        found = next((one for one in configs if one.name == name), None)
        if found is None and configs:
            raise InputError(f"{where} has no configuration {name!r}, only {names}; name one of "
                             "them.")
        return found
    if len(configs) == 1:
        return configs[0]
    default = next((one for one in configs if one.is_default or one.name == _DEFAULT), None)
    if default is None and configs:
        raise InputError(f"{where} has the configurations {names}; name one of them, as in "
                         f"hf://USER/NAME/{configs[0].name}.")
    return default


def matches(pattern: str, path: str) -> bool:
    """Return whether a path matches a pattern of a card; a folder stands for all files in it."""
    parts = re.split(r"(\*\*/?|\*|\?)", pattern.removeprefix("./").rstrip("/"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    expression = "".join(meaning.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(f"{expression}(?:/.*)?", path, re.DOTALL) is not None


def _configs(entries: object) -> Iterator[Config]:
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        top = str(entry.get("data_dir") or "").strip("/")
        patterns = [(split, f"{top}/{pattern}" if top else pattern)
                    for split, pattern in _patterns(entry.get("data_files"))]
        if patterns or top:
            yield Config(str(entry.get("config_name") or _DEFAULT),
                         tuple(patterns or [("", top)]), bool(entry.get("default")))


def _patterns(value: object, split: str = "") -> Iterator[tuple[str, str]]:
    """Yield splits and patterns: of a text, a list, a mapping by split, or a list of mappings."""
    if isinstance(value, str):
        yield split, value
    elif isinstance(value, list):
        for one in value:
            yield from _patterns(one, split)
    elif isinstance(value, dict) and "path" in value:
        yield from _patterns(value["path"], str(value.get("split") or ""))
    elif isinstance(value, dict):
        for name, patterns in value.items():
            yield from _patterns(patterns, str(name))


def _features(entries: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    for entry in entries if isinstance(entries, list) else [entries]:
        features = entry.get("features") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and isinstance(features, list):
            yield str(entry.get("config_name") or _DEFAULT), {
                str(one.get("name")): _feature(one) for one in features if isinstance(one, dict)}


def _feature(entry: Mapping[str, object]) -> object:
    """Convert a feature from its form in YAML to that in Arrow files."""
    inner = next((entry[key] for key in ("sequence", "list") if key in entry), None)
    if inner is not None:
        return [_feature(inner if isinstance(inner, dict) else {"dtype": inner})]
    kind = entry.get("dtype")
    if kind == "image":
        return {"_type": "Image"}
    label = kind.get("class_label") if isinstance(kind, dict) else entry.get("class_label")
    names = label.get("names") if isinstance(label, dict) else None
    if isinstance(names, dict):
        names = [names[key] for key in sorted(names, key=lambda key: (len(str(key)), str(key)))]
    if isinstance(names, list):
        return {"_type": "ClassLabel", "names": [str(name) for name in names]}
    return {"_type": "Value", "dtype": str(kind)}
