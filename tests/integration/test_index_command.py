"""`troth index` as an operator types it: how far, over again, looked over, and watched."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from ledger.chain import contract
from ledger.errors import Unavailable
from ledger.store.database import Database
from ledger.units import Timestamp, show_address
from tests.integration.test_commands import ROOT, assert_refused, troth, variables
from tests.integration.test_index import GENESIS, a_forking_chain, promises_of
from tests.support.chain import Loaded, free_port, lying_node
from tests.support.databases import contents, sqlite


@dataclass(frozen=True)
class Desk:
    """Where an operator sits: a chain, and an empty database."""

    loaded: Loaded
    place: str

    def settings(self, **more: object) -> dict[str, object]:
        loaded = self.loaded
        return {
            "home": loaded.home / "elsewhere",
            "deployment": loaded.home / "deployment.json",
            "rpc_url": loaded.chain.url,
            "database": self.place,
        } | more

    def index(self, *options: str, **more: object) -> subprocess.CompletedProcess[str]:
        return troth("index", *options, **self.settings(**more))

    def did(self, *options: str, **more: object) -> str:
        finished = self.index(*options, **more)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def execute(self, statement: str) -> None:
        url = make_url(self.place)
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(url)
        with engine.begin() as connection:
            assert connection.execute(text(statement)).rowcount == 1
        engine.dispose()

    @contextmanager
    def following(self, *, until: Callable[[], bool], **more: object) -> Iterator[subprocess.Popen[str]]:
        """`troth index --follow`, once something holds."""
        command = [sys.executable, "-m", "ledger.cli", "index", "--follow"]
        environment = variables(**self.settings(**more))
        with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
            try:
                for _ in range(1200):
                    if until():
                        break
                    assert running.poll() is None, running.stderr and running.stderr.read()
                    time.sleep(0.025)
                else:
                    raise AssertionError("that never held")
                yield running
            finally:
                running.kill()


@pytest.fixture
def desk(loaded: Loaded, place: str) -> Desk:
    return Desk(loaded, place)


def block_of(place: str) -> int:
    """The last block indexed; -1 for none yet."""
    with closing(Database(place)) as database, suppress(Unavailable), database.read() as reader:
        return reader.require_cursor().block.number
    return -1


def truth(loaded: Loaded) -> dict[str, list[tuple[Any, ...]]]:
    return contents(sqlite(loaded.home / "troth.db"))


def test_it_stops_at_the_block_it_is_told_and_goes_on_from_there(desk: Desk) -> None:
    said = desk.did("--to", "150")
    assert said.startswith("Block 150: ")
    assert "the node keeps no state of that block" in said
    assert_refused(desk.index("--verify"), 2, "can't tell the contract's heads at block 150", "archive node")
    assert block_of(desk.place) == 150
    whole = truth(desk.loaded)
    assert contents(desk.place)["event"] == [row for row in whole["event"] if row[0] <= 150]
    assert desk.did("--to", "100").startswith("Block 150: "), "nothing is undone"
    desk.did()
    assert contents(desk.place) == whole


def test_what_follows_from_the_log_is_found_out_when_it_was_changed(desk: Desk) -> None:
    desk.did()
    assert "every company, promise and score agree" in desk.did("--verify")
    before = contents(desk.place)
    id_ = "(SELECT MIN(id) FROM promise)"
    desk.execute(f"UPDATE promise SET due_at = due_at + 1 WHERE id = {id_}")
    assert_refused(desk.index("--verify"), 1, "has the promise 0x", "troth index --from-scratch")
    desk.did("--from-scratch")
    assert contents(desk.place) == before
    desk.execute(f"DELETE FROM promise WHERE id = {id_}")
    assert_refused(desk.index("--verify"), 1, "has the promise 0x")
    desk.did("--from-scratch")
    desk.execute("UPDATE company SET handle = 'mallory' WHERE address = (SELECT MIN(address) FROM company)")
    assert_refused(desk.index("--verify"), 1, "has the company 0x")
    desk.did("--from-scratch")
    desk.execute("DELETE FROM score WHERE (company, key) = (SELECT company, key FROM score ORDER BY 1, 2 LIMIT 1)")
    assert_refused(desk.index("--verify"), 1, "has a row that scores are made of, of 0x")
    desk.did("--from-scratch")
    assert contents(desk.place) == before


def test_a_database_of_a_version_before_is_brought_up_to_date(desk: Desk) -> None:
    desk.did()
    before = contents(desk.place)
    a_row = "(SELECT company, key FROM score ORDER BY 1, 2 LIMIT 1)"
    for version in ("0003", "0004", "0005"):
        desk.execute(f"UPDATE alembic_version SET version_num = '{version}'")
        desk.execute(f"UPDATE score SET sums = key WHERE (company, key) = {a_row}")
        desk.did()
        assert contents(desk.place) == before


def test_who_looks_over_what_the_chain_gave_up_since_is_told_so(place: str, tmp_path: Path) -> None:
    with a_forking_chain(tmp_path) as (chain, deployment, companies):
        call = contract.make_all(promises_of(companies[0], 1, 3))
        chain.mine(Timestamp(GENESIS + 36), [(companies[0], deployment.address, call)])
        deployment.save(tmp_path / "deployment.json")
        settings = {"home": tmp_path, "database": place, "rpc_url": chain.url, "finality": 10}
        assert troth("index", **settings).returncode == 0
        for command in (["rank"], ["score", show_address(companies[0])]):
            assert "block 3, provisional" in " ".join(troth(*command, **settings).stdout.split())
        chain.request("anvil_reorg", 1, [])
        for command in (["index", "--verify"], ["doctor"]):
            assert_refused(troth(*command, **settings), 2, "has given up block", "Run `troth index`")
        assert troth("index", **settings).returncode == 0
        for command in (["index", "--verify"], ["doctor"]):
            assert troth(*command, **settings).returncode == 0


def test_a_log_that_was_changed_is_found_out(desk: Desk) -> None:
    desk.did()
    last = "(SELECT MAX(block) FROM event WHERE block <= 150)"
    desk.execute(f"UPDATE event SET time = time + 1 WHERE block = {last} AND log_index = 0")
    assert_refused(desk.index("--verify"), 1, "is not the chain's. Log 0 of block", "troth index --from-scratch")


def test_an_event_that_was_taken_out_is_missed(desk: Desk) -> None:
    desk.did()
    last = "(SELECT MAX(block) FROM event)"
    in_it = f"(SELECT MAX(log_index) FROM event WHERE block = {last})"
    desk.execute(f"DELETE FROM event WHERE block = {last} AND log_index = {in_it}")
    assert_refused(desk.index("--verify"), 1, "otherwise than its log gives")


@pytest.mark.parametrize(
    "options", [("--follow", "--to", "5"), ("--verify", "--follow"), ("--verify", "--from-scratch")]
)
def test_options_that_exclude_each_other_are_named(loaded: Loaded, options: tuple[str, ...]) -> None:
    finished = Desk(loaded, sqlite(loaded.home / "none.db")).index(*options)
    assert finished.returncode == 2
    assert "exclude each other" in " ".join(finished.stderr.split())


def metrics(port: int) -> dict[str, float]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            families = list(text_string_to_metric_families(response.read().decode()))
    except OSError:
        return {}
    samples = (sample for family in families for sample in family.samples if sample.name.startswith("troth_"))
    return {sample.name + "".join(sample.labels.values()): sample.value for sample in samples}


def test_while_it_follows_another_is_kept_out_and_machines_can_watch(desk: Desk) -> None:
    events = len(truth(desk.loaded)["event"])
    port = free_port()
    done = lambda: metrics(port).get("troth_index_final_block", 0) > 0  # noqa: E731
    with desk.following(until=done, metrics_port=port) as running:
        assert_refused(desk.index(), 2, "Another `troth index` works on the database")
        measured = metrics(port)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=20)
        assert running.returncode == 0
    last = truth(desk.loaded)["ledger"][0][2]
    assert measured["troth_index_events_total"] == events
    assert measured["troth_index_block"] == measured["troth_index_final_block"] == last
    assert measured["troth_index_lag_blocks"] == 0
    assert measured["troth_index_lag_seconds"] > 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert sum(line["events"] for line in lines if line["event"] == "extended") == events
    assert lines[-1] == lines[-1] | {"event": "caught up", "level": "info", "block": last}
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_an_index_started_in_an_outage_says_how_old_the_last_block_is(loaded: Loaded) -> None:
    desk, port = Desk(loaded, sqlite(loaded.home / "troth.db")), free_port()
    down = f"http://127.0.0.1:{free_port()}"
    waits = lambda: metrics(port).get("troth_index_waiting") == 1  # noqa: E731
    with desk.following(until=waits, metrics_port=port, rpc_url=down):
        measured = metrics(port)
    _, _, last, _, time_, *_ = truth(loaded)["ledger"][0]
    assert measured["troth_index_block"] == last
    assert measured["troth_index_lag_seconds"] > time.time() - time_ - 60


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_log_that_can_t_be_written_stops_nothing(loaded: Loaded, tmp_path: Path) -> None:
    desk = Desk(loaded, sqlite(tmp_path / "troth.db"))
    last: int = truth(loaded)["ledger"][0][2]
    command = [sys.executable, "-m", "ledger.cli", "index", "--follow"]
    # With what can't be written still in a buffer at the end.
    environment = variables(PYTHONUNBUFFERED="", **desk.settings())
    with (
        Path("/dev/full").open("w") as full,
        subprocess.Popen(command, env=environment, cwd=ROOT, stderr=full) as running,
    ):
        try:
            while block_of(desk.place) < last:
                assert running.poll() is None
                time.sleep(0.1)
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
        finally:
            running.kill()
    with Path("/dev/full").open("w") as full:
        once = subprocess.run(command[:-1], env=environment, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
        unsaid = subprocess.run([*command[:3], "score", "nobody"], env=environment, cwd=ROOT, stderr=full)
    closed = subprocess.run(["sh", "-c", '"$@" 2>&-', "sh", *command[:-1]], env=environment, cwd=ROOT)
    assert once.returncode == 2
    assert "No space left on device" in once.stderr
    assert "Traceback" not in once.stderr
    assert unsaid.returncode == 2
    assert closed.returncode == 0


def test_what_a_node_does_wrong_is_counted_by_node_without_its_key(desk: Desk) -> None:
    port, down = free_port(), f"http://user:hunter2@127.0.0.1:{free_port()}/v2/hunter2"
    urls = f"{down},{desk.loaded.chain.url}"
    done = lambda: metrics(port).get("troth_index_final_block", 0) > 0  # noqa: E731
    with desk.following(until=done, metrics_port=port, rpc_url=urls) as running:
        failures = {
            name: value for name, value in metrics(port).items() if name.startswith("troth_index_node_failures_t")
        }
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=20)
    assert sum(failures.values()) > 0
    assert all("127.0.0.1" in name and "hunter2" not in name for name in failures)
    assert "node failed" in said
    assert "hunter2" not in said


def test_it_goes_on_where_a_node_leaves_events_out_only_for_a_while(loaded: Loaded, tmp_path: Path) -> None:
    desk = Desk(loaded, sqlite(tmp_path / "troth.db"))
    lies: list[str] = []

    def for_a_while(method: str, params: list[Any], result: Any) -> Any:
        # Of what is stored first, whichever of what is asked for at once is answered first.
        if method == "eth_getLogs" and len(lies) < 3 and int(params[0]["fromBlock"], 16) <= loaded.deployment.block:
            lies.append(method)
            return result[1:]
        return result

    with lying_node(loaded.chain.url, for_a_while) as url:
        last: int = truth(loaded)["ledger"][0][2]
        done = lambda: block_of(desk.place) == last  # noqa: E731
        with desk.following(until=done, rpc_url=url) as running:
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=20)
    assert running.returncode == 0
    assert len(lies) == 3
    assert '"event": "waiting"' in said
    assert contents(desk.place) == truth(loaded)


def test_it_ends_where_a_node_leaves_events_out_for_good(loaded: Loaded, tmp_path: Path) -> None:
    desk = Desk(loaded, sqlite(tmp_path / "troth.db"))
    answer = lambda method, _, result: result[1:] if method == "eth_getLogs" and result else result  # noqa: E731
    with lying_node(loaded.chain.url, answer) as url:
        assert_refused(desk.index("--follow", rpc_url=url), 1, "does not continue the history of 0x")
    assert contents(desk.place)["event"] == []


def test_nothing_is_forgotten_before_a_node_answers(loaded: Loaded, tmp_path: Path) -> None:
    desk = Desk(loaded, sqlite(tmp_path / "troth.db"))
    desk.did("--to", "50")
    before = contents(desk.place)
    finished = desk.index("--from-scratch", rpc_url=f"http://127.0.0.1:{free_port()}")
    assert_refused(finished, 2, "No Ethereum node answers")
    assert contents(desk.place) == before


def test_one_node_named_twice_is_no_quorum(loaded: Loaded, tmp_path: Path) -> None:
    desk = Desk(loaded, sqlite(tmp_path / "troth.db"))
    url = loaded.chain.url
    for other in (url, f"{url}/", url.replace("127.0.0.1", "localhost")):
        refused = desk.index(rpc_url=f"{url},{other},", quorum=2)
        assert_refused(refused, 2, "TROTH_QUORUM=2, but TROTH_RPC_URL names 1")


def test_what_is_stored_is_verified_by_as_many_nodes_as_the_quorum(loaded: Loaded, tmp_path: Path) -> None:
    desk = Desk(loaded, sqlite(tmp_path / "troth.db"))
    desk.did()
    down = f"http://127.0.0.1:{free_port()}"
    assert desk.index("--verify", rpc_url=f"{down},{loaded.chain.url}").returncode == 0
    assert_refused(
        desk.index("--verify", rpc_url=f"{down},{loaded.chain.url}", quorum=2), 2, "No Ethereum node answers"
    )
    assert_refused(desk.index("--verify", quorum=2), 2, "TROTH_QUORUM=2")


def test_a_home_may_have_any_name(loaded: Loaded, tmp_path: Path) -> None:
    home = tmp_path / "100% sure? #1"
    home.mkdir()
    (home / "deployment.json").write_bytes((loaded.home / "deployment.json").read_bytes())
    finished = troth("index", home=home, rpc_url=loaded.chain.url)
    assert finished.returncode == 0, finished.stderr
    assert contents(sqlite(loaded.home / "troth.db"))["event"]
    assert (home / "troth.db").stat().st_size > 10_000


def test_a_port_for_metrics_that_is_taken_is_named(desk: Desk) -> None:
    with lying_node(desk.loaded.chain.url, lambda _, __, result: result) as url:
        finished = desk.index("--follow", metrics_port=url.rpartition(":")[2])
    assert_refused(finished, 2, "TROTH_METRICS_PORT")


def test_an_address_that_is_no_database_is_named_without_its_password(loaded: Loaded) -> None:
    url = f"postgresql://troth:hunter2@127.0.0.1:{free_port()}/troth"
    finished = Desk(loaded, url).index()
    assert_refused(finished, 2, "postgresql://troth:***@127.0.0.1")
    assert "hunter2" not in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    "wrong", [{"policy": "/nonexistent.json"}, {"quorum": 2}, {"finality": "soon"}], ids=lambda wrong: next(iter(wrong))
)
def test_nothing_is_forgotten_before_the_settings_are_sound(wrong: dict[str, object], desk: Desk) -> None:
    desk.did()
    before = contents(desk.place)
    for options in (("--from-scratch",), ("--from-scratch", "--follow")):
        assert desk.index(*options, **wrong).returncode == 2
        assert contents(desk.place) == before
