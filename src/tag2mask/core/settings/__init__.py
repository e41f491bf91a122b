"""Dataclasses as settings: filled from TOML files and `section.key=value`, written back as TOML.

A schema is a frozen dataclass whose fields are plain values (bool, int, float, str, Path, Literal,
None, tuples and lists of those, unions of those) or further dataclasses, its sections. Nothing
here knows a setting by name: the defaults, the explanations (the string under each field) and the
limits (`__post_init__` raising ValueError) all stand where the setting is declared.
"""

from __future__ import annotations

from tag2mask.core.settings.composing import compose, read_toml
from tag2mask.core.settings.writing import to_toml

__all__ = ["compose", "read_toml", "to_toml"]
