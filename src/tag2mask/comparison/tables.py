"""Write tables as CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from tag2mask.comparison.ledger import Row, Spread
from tag2mask.comparison.protocol import CONDITIONS
from tag2mask.comparison.sheets import MEASURES, Sheet, measured
from tag2mask.core.escaping import csv_line

_LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
          "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def to_csv(sheets: Sequence[Sheet]) -> str:
    """Write all tables as one CSV, with columns for mean, deviation, seeds, and protocol."""
    rows = [(number, row) for number, sheet in enumerate(sheets, 1) for row in sheet.rows]
    every = [row for _, row in rows]
    names, choices = measured(every), choices_of(every)
    conditions = CONDITIONS if any(row.protocol for row in every) else ()
    spreads = [f"{name}{part}" for name in names for part in ("", "_deviation", "_seeds")]
    lines = [csv_line(["table", *(choices or ["recipe"]), *spreads, *conditions])]
    for number, row in rows:
        own = [row.recipe.choices.get(name, "") for name in choices] or [row.recipe.name]
        figures = [cell for name in names for cell in _parts(row.figures.get(name))]
        lines.append(csv_line([number, *own, *figures, *map(row.condition, conditions)]))
    return "".join(f"{line}\n" for line in lines)


def to_markdown(sheet: Sheet) -> str:
    """Write a table as Markdown, followed by its protocol."""
    head, body = _cells(sheet)
    left = len(choices_of(sheet.rows)) or 1
    ruler = ["---"] * left + ["---:"] * (len(head) - left)
    lines = [_line(head), _line(ruler), *(_line(row) for row in body)]
    protocol = "; ".join(f"{name.replace('_', ' ')}: {value}"
                         for name, value in sheet.protocol.items())
    return "\n".join(lines) + (f"\n\nThe same for every row: {protocol}.\n" if protocol else "\n")


def to_latex(sheet: Sheet) -> str:
    """Write a table as LaTeX with the rules of the package booktabs."""
    head, body = _cells(sheet)
    left = len(choices_of(sheet.rows)) or 1
    lines = [r"\begin{tabular}{" + "l" * left + "r" * (len(head) - left) + "}", r"\toprule"]
    for number, row in enumerate([head, *body]):
        lines.append(" & ".join(_escaped(cell) for cell in row) + r" \\")
        lines += [r"\midrule"] if number == 0 else []
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def spread_words(figure: Spread | None, *, digits: int = 1) -> str:
    """Write a figure as "41.2 ± 0.8", as its mean for one seed, or as "-" for None."""
    if figure is None:
        return "-"
    mean = f"{figure.mean:.{digits}f}"
    return mean if figure.deviation is None else f"{mean} ± {figure.deviation:.{digits}f}"


def choices_of(rows: Sequence[Row]) -> list[str]:
    """Return the names of the choices in which rows differ."""
    return list(dict.fromkeys(name for row in rows for name in row.recipe.choices))


def _cells(sheet: Sheet) -> tuple[list[str], list[list[str]]]:
    names, choices = measured(sheet.rows), choices_of(sheet.rows)
    head = [*(choices or ["recipe"]), *(MEASURES[name] for name in names), *sheet.differing]
    body = [
        [*([row.recipe.choices[name] for name in choices] or [row.recipe.name]),
         *(spread_words(row.figures.get(name)) for name in names),
         *map(row.condition, sheet.differing)]
        for row in sheet.rows
    ]
    return [word.replace("_", " ") for word in head], body


def _parts(figure: Spread | None) -> list[str]:
    if figure is None:
        return ["", "", "0"]
    deviation = "" if figure.deviation is None else f"{figure.deviation:.2f}"
    return [f"{figure.mean:.2f}", deviation, str(figure.count)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _escaped(words: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in words).replace("±", r"$\pm$")
