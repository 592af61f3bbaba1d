"""How long after a block is mined its events are in the API, while index and gateway share one core.

A block of 200 events every BLOCK_TIME_S seconds, on a chain that has 100 of them already; `troth index --follow` and
`troth serve` run as operators run them, both bound to the first core. Each block's last promise is asked for every 20
ms. `bound_s` is 1.5 block times and half a second.

`rewind_s`: 64 blocks of 200 events undone in the database, SQLite, the middle of three.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests

from benchmarks.index_chain import Real, real_chain
from benchmarks.report import report
from ledger.chain.nodes import Nodes
from ledger.indexer.follow import Finality
from ledger.indexer.run import Indexer
from ledger.indexer.undo import rewind
from ledger.promises import promise_id
from ledger.scoring.policy import Policy
from ledger.store.database import Database
from ledger.units import BlockNumber
from tests.support.chain import free_port
from tests.support.databases import sqlite

BLOCK_TIME_S = 2
BEFORE = 100
BLOCKS = 30
DEPTH = 64
"""Blocks that the chain may still give up: all new ones are fetched by their hash."""
ASK_EVERY_S = 0.02
LONGEST_S = 60
CORE = {0}


def main() -> None:
    """Measures both."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with real_chain(home, BEFORE, BLOCK_TIME_S) as real:
            rewinds = [_rewind(real, home / f"rewind-{run}.db") for run in range(3)]
            with _running(real, home) as url:
                delays = sorted(_follow(real, url))
    report(
        "follow",
        {
            "p50_s": round(statistics.median(delays), 3),
            "p95_s": round(delays[int(len(delays) * 0.95)], 3),
            "most_s": round(delays[-1], 3),
            "bound_s": 1.5 * BLOCK_TIME_S + 0.5,
            "blocks": len(delays),
            "rewind_s": round(statistics.median(rewinds), 3),
        },
    )


def _follow(real: Real, url: str) -> Iterator[float]:
    session = requests.Session()
    began = time.monotonic()
    for number in range(BLOCKS):
        time.sleep(max(0.0, began + number * BLOCK_TIME_S - time.monotonic()))
        last = promise_id(real.mine(BEFORE + number)[-1])
        mined = time.monotonic()
        while session.get(f"{url}/api/promises/0x{last.hex()}", timeout=10).status_code != requests.codes.ok:
            if time.monotonic() > mined + LONGEST_S:
                raise TimeoutError(f"block {BEFORE + number} is not in the API after {LONGEST_S} s")
            time.sleep(ASK_EVERY_S)
        yield time.monotonic() - mined


@contextmanager
def _running(real: Real, home: Path) -> Iterator[str]:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")} | {
        "TROTH_HOME": str(home),
        "TROTH_RPC_URL": real.chain.url,
        "TROTH_FINALITY": str(DEPTH),
        "TROTH_PORT": str(port),
    }
    troth = [sys.executable, "-m", "ledger.cli"]
    subprocess.run([*troth, "index"], env=environment, stdout=subprocess.DEVNULL, check=True)
    with (
        subprocess.Popen([*troth, "index", "--follow"], env=environment, stderr=subprocess.DEVNULL) as index,
        subprocess.Popen(
            [*troth, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as gateway,
    ):
        try:
            for process in (index, gateway):
                os.sched_setaffinity(process.pid, CORE)
            _wait_for(f"http://127.0.0.1:{port}/api/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            index.terminate()
            gateway.terminate()


def _wait_for(url: str) -> None:
    end = time.monotonic() + LONGEST_S
    while True:
        try:
            requests.get(url, timeout=5).raise_for_status()
        except requests.RequestException:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def _rewind(real: Real, path: Path) -> float:
    with closing(Database(sqlite(path))) as database:
        Indexer(Nodes([real.chain]), database, real.deployment, Finality("latest", DEPTH)).synchronise()
        with database.read() as reader:
            cursor = reader.require_cursor()
            to = next(block for block in reader.recent() if block.number == BlockNumber(cursor.block.number - DEPTH))
        began = time.perf_counter()
        with database.write() as writer:
            rewind(writer, cursor, to, Policy.named("standard"))
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
