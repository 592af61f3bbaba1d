"""Ponder, the peer: the same log, from the same node, into tables of the same content."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import requests

from benchmarks.index_chain import Real
from tests.support.chain import free_port
from tests.support.databases import new_postgresql

SOURCE = Path(__file__).parent / "ponder"
HOME = Path(__file__).parents[1] / ".cache" / "ponder"
ABI = Path(__file__).parents[1] / "ledger" / "chain" / "artifacts" / "TrustLedger.json"
SCHEMA = "peer"
LONGEST_S = 300


def install() -> None:
    """Installs it and the Node.js that it asks for beside the project. Raises CalledProcessError."""
    shutil.copytree(SOURCE, HOME, dirs_exist_ok=True)
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=HOME, check=True)


def measure(real: Real, server: str | None, times: int) -> float:
    """Seconds from its start to its last block, into PostgreSQL by a server's URL, else into its own PGlite; `times`
    is how often it is given the node, of which it asks each at most 20 times a second at first.
    """
    place = new_postgresql(server) if server else ""
    last = int(real.chain.request("eth_blockNumber"), 16)
    shutil.rmtree(HOME / ".ponder", ignore_errors=True)
    began = time.perf_counter()
    with _running(real, place, times) as status:
        while _reached(status) < last:
            if time.perf_counter() - began > LONGEST_S:
                raise TimeoutError(f"Ponder is at block {_reached(status)} of {last} after {LONGEST_S} s")
            time.sleep(0.05)
        taken = time.perf_counter() - began
    if place:
        with psycopg.connect(place) as connection:
            row = connection.execute(f"SELECT count(*) FROM {SCHEMA}.event").fetchone()  # noqa: S608
            expected = len(real.chain.logs(real.deployment.address, real.deployment.block, last)[2])  # type: ignore[arg-type]
            if row != (expected,):
                raise ValueError(f"Ponder stored {row} events of {expected}")
    return taken


@contextmanager
def _running(real: Real, place: str, times: int) -> Iterator[str]:
    port = free_port()
    environment = os.environ | {
        "PATH": f"{HOME / 'node_modules' / '.bin'}:{os.environ['PATH']}",
        "PONDER_TELEMETRY_DISABLED": "1",
        "DATABASE_URL": place,
        "LEDGER_ABI": str(ABI),
        "LEDGER_ADDRESS": "0x" + real.deployment.address.hex(),
        "LEDGER_BLOCK": str(real.deployment.block),
        "LEDGER_NODE": real.chain.url,
        "LEDGER_TIMES": str(times),
    }
    options = ["--log-level", "warn", "start", "--schema", SCHEMA, "--port", str(port), "--hostname", "127.0.0.1"]
    with subprocess.Popen(["ponder", *options], cwd=HOME, env=environment, stdout=subprocess.DEVNULL) as running:
        try:
            yield f"http://127.0.0.1:{port}/status"
        finally:
            running.kill()


def _reached(status: str) -> int:
    try:
        return int(requests.get(status, timeout=5).json()["local"]["block"]["number"])
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return -1
