"""How long an index of 100,010 events takes from an empty database, beside the least it could, and beside Ponder.

Ten companies, 500 blocks with 200 events each (promises made, promises fulfilled), on anvil. All validation is on:
every header is hashed, every log read strictly, every head replayed and compared with the contract's.

- floor_s: only downloading the logs, in the same ranges, one after another.
- sqlite_s, postgresql_s: `log` is raw events and links, `projections` what is known of companies and promises, `scores`
  the rows that scores are made of, `whole` from the start of the process to its end. The middle of RUNS.
- ponder_s: from the start of its process to the last block, for the same tables without heads and links; once each. As
  it comes it asks a node 20 times a second at most; `unbound` has that lifted, by naming the node 25 times.
- latency60_s: with 60 ms added to each request, into SQLite; beside it the same line with 0 ms.
- peak_mib: the most memory that the process of an index held.
- growth: 1,000,000 events from a server that gives out what was written before, into SQLite: seconds for the first
  100,000 and for the last.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks import index_ponder
from benchmarks.index_chain import BLOCKS, EVENTS_PER_BLOCK, Real, real_chain
from benchmarks.report import Figure, report
from tests.support.databases import new_postgresql, postgresql_server, sqlite

RUNS = 3
LATENCY_MS = 60
UNBOUND = 25
MANY = 1_000_000
PART = 100_000
BLOCKS_AT_ONCE = 25


def main() -> None:
    """Measures all of it: some ten minutes."""
    index_ponder.install()
    figures: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory() as folder, postgresql_server() as server:
        home = Path(folder)
        with real_chain(home) as real:
            figures["floor_s"] = _middle([_floor(real) for _ in range(RUNS)])
            places = iter([sqlite(home / f"{run}.db") for run in range(RUNS)])
            lite = [_once(real.chain.url, real.record, next(places)) for _ in range(RUNS)]
            postgres = [_once(real.chain.url, real.record, new_postgresql(server)) for _ in range(RUNS)]
            figures["events"] = lite[0]["events"]
            figures["sqlite_s"], figures["postgresql_s"] = _seconds(lite), _seconds(postgres)
            figures["ponder_s"] = {
                "postgresql": round(index_ponder.measure(real, server, 1), 2),
                "postgresql, unbound": round(index_ponder.measure(real, server, UNBOUND), 2),
                "pglite, unbound": round(index_ponder.measure(real, None, UNBOUND), 2),
            }
            port = real.chain.url.rpartition(":")[2]
            near, far = (_over(port, milliseconds, real.record, home) for milliseconds in (0, LATENCY_MS))
            figures["latency60_s"] = {"whole": far, "at 0 ms": near, "ratio": round(far / near, 2)}
            peaks = [max(run["peak_mib"] for run in runs) for runs in (lite, postgres)]
            figures["peak_mib"] = {"sqlite": round(peaks[0]), "postgresql": round(peaks[1])}
        figures["growth"] = _growth(home)
    report("index", figures)


def _floor(real: Real) -> float:
    session = requests.Session()
    began = time.perf_counter()
    for first in range(1, BLOCKS + 3, BLOCKS_AT_ONCE):
        last = min(BLOCKS + 2, first + BLOCKS_AT_ONCE - 1)
        query = {"address": "0x" + real.deployment.address.hex(), "fromBlock": hex(first), "toBlock": hex(last)}
        asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [query]}
        session.post(real.chain.url, json=asked, timeout=60).raise_for_status()
    return time.perf_counter() - began


def _once(url: str, record: Path, place: str) -> dict[str, Any]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.index_once", url, str(record), place]
    finished = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(finished.stdout)
    return figures | {"whole_s": time.perf_counter() - began}


def _seconds(runs: list[dict[str, Any]]) -> dict[str, float]:
    return {
        "log": _middle([run["total_s"] - run["projections_s"] - run["scores_s"] for run in runs]),
        "projections": _middle([run["projections_s"] for run in runs]),
        "scores": _middle([run["scores_s"] for run in runs]),
        "whole": _middle([run["whole_s"] for run in runs]),
    }


def _middle(values: list[float]) -> float:
    return round(statistics.median(values), 2)


def _over(port: str, milliseconds: int, record: Path, home: Path) -> float:
    with _serving("benchmarks.index_line", port, str(milliseconds)) as url:
        runs = [_once(url, record, sqlite(home / f"line-{milliseconds}-{run}.db")) for run in range(RUNS)]
        return _middle([run["total_s"] for run in runs])


def _growth(home: Path) -> dict[str, float]:
    events = MANY - MANY % EVENTS_PER_BLOCK
    with _serving("benchmarks.index_chain", str(home), str(events)) as url:
        run = _once(url, home / "deployment.json", sqlite(home / "many.db"))
    done, first, before_last, rest = 0, 0.0, 0.0, run["events"]
    for count, at in run["steps"]:
        done += count
        if done <= PART:
            first = at * PART / done
        if done <= run["events"] - PART:
            before_last, rest = at, run["events"] - done
    last = (run["total_s"] - before_last) * PART / rest
    return {
        "first 100,000": round(first, 2),
        "last 100,000": round(last, 2),
        "ratio": round(last / first, 2),
        "all": round(run["total_s"], 1),
        "peak_mib": round(run["peak_mib"]),
    }


@contextmanager
def _serving(module: str, *arguments: str) -> Iterator[str]:
    """A server in a process of its own, which prints its URL."""
    with subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            yield running.stdout.readline().strip()
        finally:
            running.kill()


if __name__ == "__main__":
    main()
