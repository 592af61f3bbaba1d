"""Indexes once, in a process of its own, and says what it took. Arguments: node, record, database."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.nodes import Nodes
from ledger.indexer import run
from ledger.indexer.follow import Finality
from ledger.indexer.notices import Extended, Notice
from ledger.store.database import Database
from ledger.store.reading import Reader
from ledger.store.writing import Writer

KIB_PER_MIB = 1024


class Stopwatch:
    """Adds up the time that some functions take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def on(self, holder: Any, name: str) -> None:
        """Times a function of a module or a class from now on."""
        timed: Callable[..., Any] = getattr(holder, name)

        def measured(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return timed(*given, **named)
            finally:
                self.seconds += time.perf_counter() - began

        setattr(holder, name, measured)


def main() -> None:
    """Gives, as JSON, seconds in all, those of projections and of scores, events, peak MiB, when each step was done."""
    rpc, record, url = sys.argv[1:]
    projections = Stopwatch()
    projections.on(run, "project")
    for name in ("standings", "companies_among"):
        projections.on(Reader, name)
    for name in ("put_standings", "put_companies"):
        projections.on(Writer, name)
    scores = Stopwatch()
    scores.on(run, "turned")
    scores.on(Writer, "put_rows")
    steps: list[tuple[int, float]] = []

    def note(notice: Notice) -> None:
        if isinstance(notice, Extended):
            steps.append((notice.events, time.perf_counter() - began))

    database = Database(url)
    began = time.perf_counter()
    nodes, deployment = Nodes([Node(rpc)]), Deployment.load(Path(record))
    run.Indexer(nodes, database, deployment, Finality("latest"), tell=note).synchronise()
    total = time.perf_counter() - began
    database.close()
    figures = {
        "total_s": total,
        "projections_s": projections.seconds,
        "scores_s": scores.seconds,
        "events": sum(events for events, _ in steps),
        "peak_mib": _peak_kib() / KIB_PER_MIB,
        "steps": steps,
    }
    sys.stdout.write(json.dumps(figures))


def _peak_kib() -> int:
    # Not getrusage, which counts what the process was before it was this program.
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])


if __name__ == "__main__":
    main()
