"""What commands print: tables and progress bars."""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ledger.indexer.notices import Extended, Notice, Tell
from ledger.outcomes import Outcome
from ledger.scoring.collusion import Ring
from ledger.scoring.context import Ambition
from ledger.scoring.explanation import Explanation
from ledger.scoring.fairness import WORDS
from ledger.scoring.intervals import Interval
from ledger.scoring.policy import Policy
from ledger.services import checkup
from ledger.services.auditing import Audit
from ledger.services.companies import CompanyView
from ledger.services.monitoring import Finding
from ledger.services.past import Progress as Progressing
from ledger.units import show_address, show_hex, show_time

MOST_WIDE = 1000
"""More than any table is."""


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
                shown.update(task, completed=notice.block.number, total=notice.target, description=said, visible=True)

        yield tell


@contextmanager
def past_progress(console: Console) -> Iterator[Progressing]:
    """A progress bar over the events of the log."""
    with _counted(console, "Replaying the log") as show:
        yield show


@contextmanager
def anchors_progress(console: Console) -> Iterator[Progressing]:
    """A progress bar over the blocks that may hold anchors, shown where a node gives few at once."""
    with _counted(console, "Looking for anchors, blocks") as show:
        yield show


@contextmanager
def _counted(console: Console, words: str) -> Iterator[Progressing]:
    with ExitStack() as stack:
        shown = bar(console)
        task = shown.add_task(words, total=None)

        def tell(done: int, total: int) -> None:
            if not shown.live.is_started:
                # Not before: a bar that is never shown leaves an empty line all the same.
                stack.enter_context(shown)
            shown.update(task, completed=done, total=total)

        yield tell


def score_tables(view: CompanyView, policy: Policy) -> Iterator[Table]:
    """A company's score as tables. Every figure in parts per million, as an integer."""
    result = view.score
    title = f"{view.name}, reliability: {result.grade}, as of {_block(view)} ({show_time(result.as_of)})"
    assured = str(result.floor)
    if result.floor is None:
        assured = f"– (not judged, and last in rank: evidence is worth fewer than {policy.min_evidence} promises)"
    cautions = "".join(f"\nRead with care: {caution}." for caution in result.cautions)
    rates = _table(
        title,
        ["", "ppm", "at least", "at most", "evidence, promises"],
        f"Assured floor: {assured}\nTo expect: {result.estimate}\n{_ambition(result.ambition)}{cautions}",
    )
    evidence = _thousandths(result.reliability.evidence.milli)
    rates.add_row("kept: by the due time", *_interval(result.reliability.strict), evidence)
    rates.add_row("credited: with part for late ones", *_interval(result.reliability.credited), evidence)
    for stratum, figure in result.strata.items():
        name = f"credited, {stratum.name.lower()} ones"
        rates.add_row(name, *_interval(figure.credited), _thousandths(figure.evidence.milli))
    yield rates

    counts = result.counts
    counted = {
        "matured": counts.matured,
        "kept": counts.kept,
        "late": counts.late,
        "broken": counts.broken,
        "remedied": counts.remedied,
        "disputed": counts.disputed,
        "confirmed, of the fulfilled": counts.confirmed,
        "not yet due": result.open,
        "released": result.released,
    }
    table = _table("Promises", list(counted))
    table.add_row(*map(str, counted.values()))
    yield table
    lately = _table("Lately", ["days", "matured", "lost, ppm, at least", "lost before, at most", "alarm beyond", ""])
    for burn in result.burns:
        figures = map(str, (burn.days, burn.matured, burn.lost, burn.budget, burn.threshold))
        lately.add_row(*figures, "ALARM" if burn.rings else "well")
    if lately.rows:
        yield lately
    yield from _fairness_tables(view, policy)


def _ambition(ambition: Ambition) -> str:
    if ambition.ratio is None:
        return "Ambition: – (no peers promise the same services)"
    hoped = _thousandths(ambition.expected_milli)
    return f"Ambition: {ambition.ratio} (kept {ambition.kept}; its peers, in the times that it promised: {hoped})"


def _fairness_tables(view: CompanyView, policy: Policy) -> Iterator[Table]:
    figure = view.score.fairness
    gaps = _table(f"Fairness: {figure.state}", ["", "gap, ppm", "at least", "at most", "strata", ""])
    for what, found in (("kept", figure.outcome), ("remedied", figure.remedy)):
        for gap in found:
            pair = f"{what}: {view.cohort_name(gap.first)} − {view.cohort_name(gap.second)}"
            figures = (str(gap.estimate), str(gap.low), str(gap.high)) if gap.strata else ("–", "–", "–")
            gaps.add_row(pair, *figures, str(gap.strata), str(gap.state))
    if gaps.rows:
        yield gaps
    ratio = "" if figure.outcome_ratio is None else f"; lowest over highest: {figure.outcome_ratio}"
    crude = _table(f"Kept, by cohort{ratio}", ["", "promises", "ppm", "at least", "at most", "drawn to all"])
    for cohort in figure.cohorts:
        if cohort.kept:
            name = view.cohort_name(cohort.cohort)
            crude.add_row(name, str(cohort.matured), *_interval(cohort.kept), str(cohort.shrunk))
    if crude.rows:
        yield crude
    conduct = _table(
        f"Conduct; fairness: {figure.state}",
        ["", "cases", "bad", "ppm", "at least", "at most", ""],
        f"{figure.why}\nPolicy {policy.name} {show_hex(view.score.policy)}",
    )
    for name, part in figure.conduct.items():
        state = str(part.state) if part.cases else "–"
        conduct.add_row(WORDS[name], str(part.cases), str(part.bad), *_interval(part.share), state)
    yield conduct


def losses_table(view: CompanyView, explanation: Explanation, ring: Ring, count: int) -> Table:
    """The promises that cost most, and what all others did by how they count."""
    parts = view.score.reliability.parts
    where = ", ".join(f"{name} {share}" for name, share in parts._asdict().items())
    table = _table(
        f"What cost {explanation.lost} ppm, promise by promise",
        ["promise", "due", "counted as", "ppm"],
        f"Of 1,000,000 ppm: {where}.\n{_ring(ring)}",
    )
    for loss in explanation.losses[:count]:
        id_ = show_hex(loss.standing.id)
        table.add_row(id_, show_time(loss.standing.due_at), str(loss.counted_as), str(loss.ppm))
    rest: defaultdict[Outcome, list[int]] = defaultdict(list)
    for loss in explanation.losses[count:]:
        rest[loss.counted_as].append(loss.ppm)
    for result, shares in rest.items():
        table.add_row(f"{len(shares)} others", "", str(result), str(sum(shares)))
    return table


def _ring(ring: Ring) -> str:
    if not ring.component:
        return "It stands in no ring of companies that confirm each other's promises."
    mutual = f" Both ways: {', '.join(map(show_address, ring.mutual))}." if ring.mutual else ""
    return f"In a ring of confirmations with: {', '.join(map(show_address, ring.component))}.{mutual}"


def audit_lines(audit: Audit) -> Iterator[str]:
    """What an audit rests on, and what others say. In no table, which would break hashes that are to be copied."""
    node = ", ".join(audit.nodes)
    block, latest = audit.block, audit.latest
    yield f"Audit of {audit.view.name}: {audit.verdict}"
    yield f"Ledger: {audit.deployment.account}"
    yield from care_of(audit.deployment.chain_id)
    yield f"Nodes: {node}{', which agree' if len(audit.nodes) > 1 else ''}"
    yield f"Policy: {audit.policy.name} {show_hex(audit.policy.hash)}"
    yield f"As of: block {block.number}, {show_time(block.time)} ({show_hex(block.hash)})"
    whole = f"{audit.events} events of {audit.companies} companies replayed; all heads are the contract's at block"
    yield f"Complete: {whole} {latest.number}"
    yield f"Its events: {len(audit.history)}, to the head {show_hex(audit.head)}"
    for finding in (*audit.gateway, *audit.anchors):
        yield f"Others say: {_found(finding)}"


def finding_line(finding: Finding) -> str:
    """Something that was said of a company, and whether it is so."""
    return f"{show_address(finding.company)}: {_found(finding)}"


def _found(finding: Finding) -> str:
    why = f" ({finding.why})" if finding.why else ""
    return f"{finding.said}: {finding.verdict}{why}"


_LOCAL = ("a local test chain", "A local test chain proves nothing to anybody but its owner.")
_PUBLIC = "What is on a test network has no weight, and may be gone one day."
TEST_CHAINS = {
    1337: _LOCAL,
    17000: ("Holesky, a test network", _PUBLIC),
    31337: _LOCAL,
    560048: ("Hoodi, a test network", _PUBLIC),
    11155111: ("Sepolia, a test network", _PUBLIC),
}
"""What they are, and what to mind, by their chain ids: what the page that verifies says, too."""


def care_of(chain_id: int) -> Iterator[str]:
    """What to mind of what stands on a chain, if anything."""
    if chain_id in TEST_CHAINS:
        name, care = TEST_CHAINS[chain_id]
        yield f"With care: this is on {name}. {care}"


def print_whole(console: Console, table: Table) -> None:
    """Prints a table as wide as it is, on a narrow console too: its hashes are to be copied."""
    needed = console.measure(table, options=console.options.update(max_width=MOST_WIDE)).maximum
    console.print(table, width=max(console.width, needed), soft_wrap=True)


def rank_table(views: Sequence[CompanyView], policy: Policy) -> Table:
    """The directory, the highest assured floor first."""
    table = _table(
        f"As of {_block(views[0])}" if views else "No company has registered yet",
        ["", "company", "assured, ppm", "reliability", "to expect", "promises", "fairness"],
        f"Policy {policy.name} {show_hex(policy.hash)}",
    )
    for place, view in enumerate(views, start=1):
        score = view.score
        judged = score.floor is not None
        table.add_row(
            str(place) if judged else "–",
            view.name,
            str(score.floor) if judged else "–",
            str(score.grade),
            str(score.estimate),
            str(score.counts.matured),
            str(score.fairness.state),
        )
    return table


def _block(view: CompanyView) -> str:
    """The last block that a score rests on, and whether the chain may still give it up."""
    return f"block {view.score.as_of_block}" + ("" if view.final else ", provisional")


def _table(title: str, columns: Sequence[str], caption: str | None = None) -> Table:
    """With its first column for words, and figures to the right."""
    table = Table(title=title, caption=caption)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    return table


def _thousandths(value: int) -> str:
    return f"{value // 1000}.{value % 1000:03}"


def findings_table(findings: Sequence[checkup.Finding]) -> Table:
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
