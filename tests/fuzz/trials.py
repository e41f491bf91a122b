"""One input of the campaign: what is damaged how, and the command that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from materials import copy_linked
from mutating_arrays import ARCHIVE, CHECKPOINT, WEIGHTS
from mutating_bytes import ANY, Mutator
from mutating_json import JSON, JSON_LINES
from mutating_paths import PATHS, to_folder
from mutating_pictures import PICTURE
from mutating_text import TABLE, TEXT, TOML, XML
from settings_words import strange_settings

_SMALL = ("--workers", "1")


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        material: the folder that is copied and damaged.
        files: glob patterns of the files that may be damaged.
        mutators: what may happen to their bytes.
        commands: one is chosen; `{file}` is the damaged file, `{photo}` a photo.
        most: so many files at most are damaged.
    """

    material: str
    files: tuple[str, ...]
    mutators: tuple[Mutator, ...]
    commands: tuple[str, ...]
    most: int = 1


_INSPECT = "inspect {material}"
_RUN = "run {material} --out out --config run/config.toml"
_STAGES = (
    *["report run", "label run", "sharpen run", "predict data/images/p03.png --run run --out out",
      "explain data/images/p03.png --run run --out explained.png"] * 3,
    *["evaluate run"] * 2, "activate run", "inspect data --deep --run run --out out",
    "run data --out run --config run/config.toml",
)
"""What reads a run; what takes long is rarer."""

KINDS: dict[str, Kind] = {
    "photo": Kind("table", ("images/*",), PICTURE, (_INSPECT,), most=3),
    "predicted photo": Kind("table", ("images/*",), PICTURE, (
        "predict {file} --run run --out out", "predict table/images --run run --out out",
        "explain {file} --run run --out explained.png")),
    "mask": Kind("table", ("masks/*",), PICTURE, (_INSPECT,), most=3),
    "table": Kind("table", ("tags.csv", "tags.csv", "classes.txt"), TABLE,
                  (_INSPECT,) * 12 + (_RUN,)),
    "list": Kind("voc", ("ImageSets/**/*.txt",), TEXT, (_INSPECT,) * 12 + (_RUN,)),
    "xml": Kind("voc", ("Annotations/*.xml",), XML, (_INSPECT,), most=3),
    "metadata": Kind("hugging_face", ("*/metadata.*",), JSON_LINES + TABLE, (_INSPECT,)),
    "folder": Kind("folders", ("*/*",), PICTURE, (_INSPECT,), most=2),
    "defect": Kind("defects", ("**/*.png",), PICTURE, (_INSPECT,), most=2),
    "coco": Kind("others/coco", ("**/*.json",), JSON, (_INSPECT,)),
    "yolo": Kind("others/yolo", ("**/*.txt", "*.yaml"), TEXT, (_INSPECT,)),
    "settings": Kind("run", ("config.toml",), TOML, (
        "check data --out out --config {file}", "check data --out out --config {file}",
        "label run", "report run", "run data --out out --config {file}")),
    "set": Kind("run", (), (), ("check data --out out", "check data --out out",
                                "label run", "sharpen run")),
    "weights": Kind("run", ("classifier/weights.safetensors", "segmenter/weights.safetensors"),
                    WEIGHTS, ("explain data/images/p03.png --run run --out explained.png",
                              "predict data/images/p03.png --run run --out out --runtime torch")),
    "foreign weights": Kind("weights", ("net.pth", "net.safetensors", "names.txt"),
                            CHECKPOINT, (
        "explain weights/photo.png --model efficientnet_lite0 --weights {file} --out explained.png",
        "explain weights/photo.png --model efficientnet_lite0 --weights weights/net.pth --names "
        "weights/names.txt --out explained.png")),
    "onnx": Kind("run", ("segmenter/model.onnx",), ANY, (
        "predict data/images/p03.png --run run --out out --runtime onnx",
        "predict data/images/p03.png --run run --out out")),
    "run json": Kind("run", ("*.json", "*/*.json"), JSON, _STAGES),
    "run csv": Kind("run", ("*.csv", "*/*.csv"), TABLE, _STAGES),
    "run npz": Kind("run", ("maps/*.npz", "sharp/*.npz"), ARCHIVE, _STAGES, most=2),
    "run mask": Kind("run", ("masks/*.png", "predictions/*.png"), PICTURE, _STAGES, most=2),
}

_NAMES = (*KINDS, "photo", "table", "table", "xml", "list", "set", "weights", "run json",
          "run json", "run npz", "run csv")


@dataclass(frozen=True)
class Trial:
    """One input, ready in its folder.

    Attributes:
        kind: of input.
        command: words of the command line.
        writes: what the command may write, relative to the folder.
        damage: what was done to which file.
    """

    kind: str
    command: tuple[str, ...]
    writes: tuple[str, ...]
    damage: tuple[str, ...]


def choose_files(root: Path, kind: Kind, rng: Random) -> list[Path]:
    """Choose the files to damage; each pattern is as likely as the next."""
    found = sorted(path for path in root.glob(rng.choice(kind.files)) if path.is_file())
    return rng.sample(found, min(len(found), rng.randint(1, kind.most)))


def damage_file(path: Path, mutators: Sequence[Mutator], rng: Random) -> list[str]:
    """Damage one file; give the names of what was done."""
    if rng.random() < 0.12:
        change = rng.choice(PATHS)
        change(path, rng)
        return [f"{path.name}: {change.__name__}"]
    content, done = path.read_bytes(), []
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        mutator = rng.choice(mutators)
        try:
            content = mutator(content, rng)
        except Exception:  # what is damaged already may be no archive any more
            mutator = rng.choice(ANY)
            content = mutator(content, rng)
        done.append(f"{path.name}: {mutator.__name__}")
    path.unlink()
    path.write_bytes(content)
    return done


def prepare(number: int, *, seed: int, materials: Path, folder: Path) -> Trial:
    """Make input `number` of the campaign of that seed in an empty folder."""
    rng = Random(f"{seed}-{number}")
    name = _NAMES[number % len(_NAMES)]
    kind = KINDS[name]
    words = rng.choice(kind.commands).split()
    needed = {kind.material, *(word.split("/")[0] for word in words)}
    for source in sorted(materials.iterdir()):
        if source.name in {one.split("/")[0] for one in needed}:
            copy_linked(source, folder / source.name)
    (folder / "bystander").write_text("not to be changed", encoding="utf-8")
    damage: list[str] = []
    chosen = choose_files(folder / kind.material, kind, rng) if kind.files else []
    for path in chosen:
        if path.is_file():  # its folder may have been replaced
            damage += damage_file(path, kind.mutators, rng)
    file = str(chosen[0].relative_to(folder)) if chosen else ""
    filled = [word.format(material=kind.material, file=file) for word in words]
    if name == "set":
        damage = strange_settings(words[0], rng)
        filled += damage
    if "explained.png" in filled and rng.random() < 0.03:
        (folder / "explained.png").touch()
        to_folder(folder / "explained.png", rng)
    writes = ("run", "linked") if words[1] == "run" or "--out run" in " ".join(words) else ()
    return Trial(name, (*filled, *(() if words[0] == "explain" else _SMALL)),
                 (*writes, "out", "explained.png"), tuple(damage))
