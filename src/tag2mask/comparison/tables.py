"""A sheet as CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from tag2mask.comparison.ledger import Row, Spread
from tag2mask.comparison.sheets import MEASURES, Sheet, measured, written
from tag2mask.core.escaping import csv_line

_LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
          "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def to_csv(sheets: Sequence[Sheet]) -> str:
    """Write all sheets into one CSV; protocol, mean, deviation and number of seeds in columns."""
    rows = [(number, sheet, row) for number, sheet in enumerate(sheets, 1) for row in sheet.rows]
    names, choices = measured([row for _, _, row in rows]), _choices([row for _, _, row in rows])
    fields = list(dict.fromkeys(key for _, _, row in rows for key in row.protocol))
    spreads = [f"{name}{part}" for name in names for part in ("", "_deviation", "_seeds")]
    lines = [csv_line(["table", *(choices or ["recipe"]), *spreads, *fields])]
    for number, _, row in rows:
        own = [row.recipe.choices.get(name, "") for name in choices] or [row.recipe.name]
        figures = [cell for name in names for cell in _parts(row.figures.get(name))]
        told = (written(row.protocol.get(field)) for field in fields)
        lines.append(csv_line([number, *own, *figures, *told]))
    return "".join(f"{line}\n" for line in lines)


def to_markdown(sheet: Sheet) -> str:
    """Write a sheet as a Markdown table, the protocol under it."""
    head, body = _cells(sheet)
    left = len(_choices(sheet.rows)) or 1
    ruler = ["---"] * left + ["---:"] * (len(head) - left)
    lines = [_line(head), _line(ruler), *(_line(row) for row in body)]
    told = "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in sheet.protocol.items())
    return "\n".join(lines) + (f"\n\nThe same for every row: {told}.\n" if told else "\n")


def to_latex(sheet: Sheet) -> str:
    """Write a sheet as a LaTeX table with rules of the package booktabs."""
    head, body = _cells(sheet)
    left = len(_choices(sheet.rows)) or 1
    lines = [r"\begin{tabular}{" + "l" * left + "r" * (len(head) - left) + "}", r"\toprule"]
    for place, row in enumerate([head, *body]):
        lines.append(" & ".join(_escaped(cell) for cell in row) + r" \\")
        lines += [r"\midrule"] if not place else []
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def spread_words(figure: Spread | None, *, digits: int = 1) -> str:
    """Write "41.2 ± 0.8"; the mean alone of one seed, "-" of none."""
    if figure is None:
        return "-"
    mean = f"{figure.mean:.{digits}f}"
    return mean if figure.deviation is None else f"{mean} ± {figure.deviation:.{digits}f}"


def _cells(sheet: Sheet) -> tuple[list[str], list[list[str]]]:
    names, choices = measured(sheet.rows), _choices(sheet.rows)
    head = [*(choices or ["recipe"]), *(MEASURES[name] for name in names), *sheet.differing]
    body = [
        [*([row.recipe.choices[name] for name in choices] or [row.recipe.name]),
         *(spread_words(row.figures.get(name)) for name in names),
         *(written(row.protocol.get(key)) for key in sheet.differing)]
        for row in sheet.rows
    ]
    return [word.replace("_", " ") for word in head], body


def _choices(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.recipe.choices))


def _parts(figure: Spread | None) -> list[str]:
    if figure is None:
        return ["", "", "0"]
    deviation = "" if figure.deviation is None else f"{figure.deviation:.2f}"
    return [f"{figure.mean:.2f}", deviation, str(figure.count)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _escaped(words: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in words).replace("±", r"$\pm$")
