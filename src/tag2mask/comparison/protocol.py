"""The protocol of a row: conditions that the rows of one table must have in common."""

from __future__ import annotations

from dataclasses import dataclass, fields

from tag2mask.run_folder.records import Figure


@dataclass(frozen=True, kw_only=True)
class RowProtocol:
    """The part of a figure's protocol that a grid does not vary.

    Attributes:
        split: "train", "val" or "test".
        images: number of photos.
        tags: "given" or "predicted".
        oracle: whether a threshold was chosen by true masks.
        pretraining: data that the classifier was trained on before.
        outside_help: everything used that was itself trained on masks.
        scales: photo sizes whose results are averaged.
        flip: whether results of the mirrored photo are averaged in.
    """

    split: str
    images: int
    tags: str
    oracle: bool
    pretraining: str
    outside_help: tuple[str, ...]
    scales: tuple[float, ...]
    flip: bool

    @classmethod
    def of(cls, figure: Figure) -> RowProtocol:
        """Return the protocol of a figure."""
        return cls(**{name: getattr(figure, name) for name in CONDITIONS})

    def words(self, condition: str) -> str:
        """Return one condition in words."""
        value = getattr(self, condition)
        if isinstance(value, tuple):
            return ", ".join(map(str, value)) or "none"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(value)


CONDITIONS = tuple(field.name for field in fields(RowProtocol))
"""The names of all conditions."""
