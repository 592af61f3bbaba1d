"""What commands print: tables and progress bars."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ledger.indexer.notices import Extended, Notice, Tell
from ledger.scoring.intervals import Interval
from ledger.scoring.policy import Policy
from ledger.services.checkup import Finding
from ledger.services.companies import CompanyView
from ledger.units import show_hex, show_time


class _Plain(Console):
    def on_broken_pipe(self) -> None:
        """Says no more. What is done is done, whether or not anybody reads that it is."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if self.stderr else sys.stdout).fileno())


def plain_console(*, stderr: bool = False) -> Console:
    """A console on which words mean nothing but themselves: most are others'."""
    return _Plain(stderr=stderr, markup=False, emoji=False, highlight=False)


def bar(console: Console) -> Progress:
    """A progress bar with a count, and the time that is left."""
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


@contextmanager
def index_progress(console: Console) -> Iterator[Tell]:
    """A progress bar over blocks, with events a second, shown once there is something to do."""
    began, events = time.monotonic(), 0
    with bar(console) as shown:
        task = shown.add_task("Indexing blocks", total=None, visible=False)

        def tell(notice: Notice) -> None:
            nonlocal events
            if isinstance(notice, Extended):
                events += notice.events
                rate = events / max(0.001, time.monotonic() - began)
                said = f"Indexing, {rate:,.0f} events/s"
                shown.update(
                    task, completed=notice.block.number, total=notice.target.number, description=said, visible=True
                )

        yield tell


def score_tables(view: CompanyView, policy: Policy) -> Sequence[Table]:
    """A company's score as tables. Every figure in parts per million, as an integer."""
    result, total = view.score, view.score.reliability.tally
    title = f"{view.name}, reliability: {result.grade}, as of block {result.as_of_block} ({show_time(result.as_of)})"
    if result.assured_floor is None:
        assured = f"– (not judged, and last in rank: fewer than {policy.min_promises} promises came due)"
    else:
        assured = str(result.assured_floor)
    rates = Table(title=title, caption=f"Assured floor: {assured}")
    for name in ("ppm", "rate", "at least", "at most"):
        rates.add_column(name, justify="left" if name == "ppm" else "right")
    rates.add_row("kept: by the due time", *_interval(result.reliability.strict))
    rates.add_row(f"on time: kept, or late by up to {policy.tolerance_s} s", *_interval(result.reliability.tolerated))
    rates.add_row("credited: with part of it for late ones", *_interval(result.reliability.credited))

    counts = Table(title="Promises")
    counted = {
        "matured": total.matured,
        "kept": total.kept,
        "late": total.late,
        "of these, on time": total.tolerated,
        "broken": total.broken,
        "confirmed, of the fulfilled": total.confirmed,
        "not yet due": result.open,
        "released": result.released,
    }
    for name in counted:
        counts.add_column(name, justify="right")
    counts.add_row(*map(str, counted.values()))

    gaps = Table(title=f"Fairness between cohorts: {result.fairness.state}", caption=result.fairness.why)
    for name in ("on time, ppm", "gap", "at least", "at most", "strata", ""):
        gaps.add_column(name, justify="right")
    for gap in result.fairness.gaps:
        pair = f"{view.cohort_name(gap.first)} − {view.cohort_name(gap.second)}"
        gaps.add_row(pair, str(gap.estimate), str(gap.low), str(gap.high), str(gap.strata), str(gap.state))
    gaps.caption = f"{result.fairness.why}\nPolicy {policy.name} {show_hex(result.policy)}"
    return rates, counts, gaps


def findings_table(findings: Sequence[Finding]) -> Table:
    """What the doctor found."""
    table = Table()
    for name in ("", "checked", "found"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        mark = ("fault", "bold red") if finding.fault else ("advice", "yellow") if finding.warns else ("well", "green")
        table.add_row(Text(*mark), finding.subject, finding.detail)
    return table


def _interval(interval: Interval) -> tuple[str, str, str]:
    return str(interval.rate), str(interval.low), str(interval.high)
