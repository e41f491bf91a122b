"""Words behind --set: real keys with strange values, and keys that nearly exist."""

from __future__ import annotations

from random import Random

from tag2mask.core.settings.schema import keys_of
from tag2mask.pipeline.config import Config

VALUES = (
    "", "0", "-1", "1", "2", "0.5", "1e-300", "1e999", "nan", "NaN", "inf", "-inf", "none", "true",
    "false", "9" * 30, "1" * 5000, "1_000", "0x10", "1,2", "[1, 2", "[]", "[[1]]", "{}", "{a = 1}",
    "''", '"', "x", "é", "a\nb", "\x1b[31m", "../../escaped", "/escaped", "~", "a=b", "=", "1e9",
    "100000000", "[" * 3000, "1979-05-27", "\x7f", "x" * 70_000, "[0.5, 1.5]", "crf", "otsu",
    "\udce9",
)


def strange_settings(command: str, rng: Random) -> list[str]:
    """Give one to three settings; of a stage's command mostly those of the stage."""
    keys = list(keys_of(Config))
    if command in ("label", "sharpen") and rng.random() < 0.8:
        keys = [key for key in keys if key.startswith(command)]
    words: list[str] = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        key, value = rng.choice(keys), rng.choice(VALUES)
        shape = rng.random()
        if shape < 0.06:
            key = rng.choice((key[:-1], key + "s", key.upper(), key.split(".")[0], "", key + ".x"))
        words += ["--set", key if shape > 0.97 else f"{key}={value}"]
    return words
