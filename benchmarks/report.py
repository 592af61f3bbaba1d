"""Writing down what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"

WIDEST = 6
"""More columns than that become rows."""

Figure = float | Mapping[str, float]
"""One value, or several by name."""


def report(name: str, figures: Mapping[str, Figure]) -> None:
    """Prints the figures as a table, with a column or a row for each name of a value; writes results/NAME.json."""
    rows = {figure: _values(value) for figure, value in figures.items()}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    if len(columns) > WIDEST:
        rows = {f"{figure} {name}".strip(): {"": each} for figure, row in rows.items() for name, each in row.items()}
        columns = [""]
    table = Table(title=name)
    table.add_column("figure")
    for column in columns:
        table.add_column(column, justify="right")
    for figure, row in rows.items():
        table.add_row(figure, *(f"{row[column]:,}" if column in row else "" for column in columns))
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")


def _values(figure: Figure) -> Mapping[str, float]:
    return figure if isinstance(figure, Mapping) else {"": figure}
