"""Read huggingface.json: which part and which columns of a Hugging Face data set to read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tag2mask.core.contracts import InputError

FILE = "huggingface.json"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What to read; "" for what is found by its name.

    Attributes:
        config: the configuration, or folder, of a data set with several.
        image: column of the photos.
        tags: column of the tags, labels or label.
        mask: column of the true masks.
    """

    config: str = ""
    image: str = ""
    tags: str = ""
    mask: str = ""

    def to_json(self) -> str:
        """Return the content of the file."""
        made = {key: value for key, value in asdict(self).items() if value}
        return json.dumps(made, ensure_ascii=False) + "\n"


def read_choices(folder: Path) -> Choices:
    """Read the file beside a data set, if there is one.

    Raises:
        InputError: it is damaged, or has another key.
    """
    file = folder / FILE
    if not file.is_file():
        return Choices()
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file} is no JSON ({type(error).__name__}); fix or remove it.") \
            from error
    known = [field.name for field in fields(Choices)]
    if not isinstance(content, dict) or not content.keys() <= set(known) \
            or not all(isinstance(value, str) for value in content.values()):
        raise InputError(f"{file} must be a JSON object of texts with the keys {', '.join(known)}; "
                         "fix or remove it.")
    return Choices(**content)
