"""Settings as dataclasses: read from TOML files and `section.key=value`, and written as TOML.

A schema is a frozen dataclass whose fields are plain values (bool, int, float, str, Path, Literal,
None, tuples and lists of those, unions of those) or further dataclasses, its sections. This
package does not depend on any particular setting: the default, the explanation (the string below a
field), the range of a number (`Annotated[int, Range(1, 100)]`) and further constraints
(`__post_init__` raising ValueError) are all declared with the setting.
"""

from __future__ import annotations

from tag2mask.core.settings.composing import compose, read_toml
from tag2mask.core.settings.ranges import Checked, Range, ranges_of
from tag2mask.core.settings.writing import to_toml

__all__ = ["Checked", "Range", "compose", "ranges_of", "read_toml", "to_toml"]
