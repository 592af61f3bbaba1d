"""Indexing a real chain: complete, resumable at any moment, and not to be fooled."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from ledger.chain import contract
from ledger.chain.anvil import LocalChain, run_anvil
from ledger.chain.contract import UNSIGNED
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.nodes import Nodes
from ledger.errors import (
    BrokenLink,
    ChainDiverged,
    ForeignDatabase,
    HeadMismatch,
    MalformedLog,
    NoContract,
    NoDatabase,
    NodeRefused,
    NodeUnreachable,
    TrothError,
    WrongChain,
    WrongCode,
)
from ledger.events import Made, Registered
from ledger.headers import header_hash
from ledger.indexer.follow import Finality
from ledger.indexer.notices import NodeDistrusted, Notice
from ledger.indexer.run import Indexer, Limits
from ledger.promises import Promise, promise_id
from ledger.scoring.policy import Policy
from ledger.store.database import Database
from ledger.units import ZERO_DIGEST, Address, BlockNumber, Timestamp, show_hex
from tests.support.build import DAY, a_profile, a_promise
from tests.support.chain import Loaded, deploy, free_port, lying_node, serving
from tests.support.databases import LATEST, Places, contents, sqlite, synchronise

KILLS = 20
SEED = 20_130_124
GENESIS = Timestamp(1_700_000_000)


def index_into(loaded: Loaded, place: str, url: str | None = None, blocks: int = 2000) -> Database:
    database = Database(place)
    try:
        synchronise(Node(url) if url else loaded.chain, database, loaded.deployment, blocks=blocks)
    finally:
        database.close()
    return database


def truth(loaded: Loaded) -> str:
    """What an index that met no fault has."""
    return sqlite(loaded.home / "troth.db")


def test_a_new_policy_has_all_rows_made_anew(loaded: Loaded, places: Places) -> None:
    strict = Policy.named("strict")
    changed, fresh = places(), places()
    for place, policies in ((changed, (Policy.named("standard"), strict)), (fresh, (strict,))):
        for policy in policies:
            with closing(Database(place)) as database:
                nodes, limits = Nodes([Node(loaded.chain.url)]), Limits(ahead=1)
                Indexer(nodes, database, loaded.deployment, LATEST, limits, policy=policy).synchronise()
    assert contents(changed) == contents(fresh)


def _negative(header: dict[str, Any]) -> dict[str, Any]:
    return header | {"gasUsed": "-0x5"}


@pytest.mark.parametrize(
    "method, lie",
    [
        ("eth_call", lambda _: "0x"),
        ("eth_call", lambda answer: answer[:-2]),
        ("eth_call", lambda answer: "0x" + "ff" * 32 + answer[66:]),
        ("eth_getBlockByNumber", _negative),
        ("eth_getLogs", lambda logs: [log | {"logIndex": "0x1_0"} for log in logs]),
    ],
    ids=["no heads", "heads cut short", "heads elsewhere", "a negative quantity", "an index with an underscore"],
)
def test_an_answer_that_can_t_be_read_is_a_named_error(
    method: str, lie: Callable[[Any], Any], loaded: Loaded, tmp_path: Path
) -> None:
    def answer(asked: str, _: list[Any], result: Any) -> Any:
        return lie(result) if asked == method else result

    with lying_node(loaded.chain.url, answer) as url, pytest.raises((NodeRefused, MalformedLog)):
        index_into(loaded, sqlite(tmp_path / "troth.db"), url)


def test_every_action_is_indexed_and_every_head_is_the_contract_s(loaded: Loaded) -> None:
    with Database(truth(loaded)).read() as reader:
        assert reader.event_count() == loaded.replay.actions
        companies = reader.companies()
        block = reader.require_cursor().block.number
    assert {company.address for company in companies} == set(loaded.cast.companies.values())
    addresses = [company.address for company in companies]
    on_chain = contract.heads(loaded.chain, loaded.deployment.address, addresses, block)
    assert on_chain == [company.head for company in companies]
    assert len(companies) == 16


@pytest.mark.parametrize("blocks", [7, 100, 100_000])
def test_the_size_of_steps_changes_nothing(loaded: Loaded, place: str, blocks: int) -> None:
    index_into(loaded, place, blocks=blocks)
    assert contents(place) == contents(truth(loaded))


def test_indexing_again_adds_nothing(loaded: Loaded, place: str) -> None:
    index_into(loaded, place)
    before = contents(place)
    index_into(loaded, place)
    assert contents(place) == before


def test_killed_at_twenty_random_moments_it_ends_as_if_undisturbed(loaded: Loaded, tmp_path: Path) -> None:
    """SIGKILL to a real process while it loads, each time at another moment, then once to the end."""
    environment = os.environ | {
        "TROTH_HOME": str(tmp_path),
        "TROTH_DEPLOYMENT": str(loaded.home / "deployment.json"),
        "TROTH_RPC_URL": loaded.chain.url,
        "TROTH_BLOCKS_PER_STEP": "1",
    }
    command = [sys.executable, "-m", "ledger.cli", "index"]
    database = tmp_path / "troth.db"
    moments = random.Random(SEED)
    reached: list[int] = []
    log = tmp_path / "index.log"
    with log.open("wb") as output:
        for _ in range(KILLS):
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
            start = reached[-1] if reached else -1
            while indexed_block(database) <= start and process.poll() is None:
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.12))
            assert process.poll() is None, f"it ended before it was killed: {log.read_text()}"
            process.send_signal(signal.SIGKILL)
            process.wait()
            reached.append(indexed_block(database))
    assert reached == sorted(set(reached)), "each run should have gone on from where the one before was killed"
    assert contents(sqlite(database))["event"] != contents(truth(loaded))["event"]

    finished = subprocess.run(
        command, env=environment | {"TROTH_BLOCKS_PER_STEP": "500"}, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert contents(sqlite(database)) == contents(truth(loaded))


def indexed_block(database: Path) -> int:
    if not database.exists():
        return -1
    try:
        with closing(sqlite3.connect(database)) as connection:
            row = connection.execute("SELECT block FROM ledger").fetchone()
            return -1 if row is None else int(row[0])
    except sqlite3.OperationalError:
        return -1


def refused(loaded: Loaded, place: str, answer: Callable[[str, list[Any], Any], Any]) -> TrothError:
    """What indexing from a node that answers so is refused with."""
    with lying_node(loaded.chain.url, answer) as url, pytest.raises(TrothError) as caught:
        index_into(loaded, place, url)
    return caught.value


def in_logs(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[str, list[Any], Any], Any]:
    return lambda method, params, result: change(result) if method == "eth_getLogs" and result else result


def test_an_event_that_a_node_leaves_out_is_missed(loaded: Loaded, place: str) -> None:
    error = refused(loaded, place, in_logs(lambda logs: logs[:100] + logs[101:]))
    assert isinstance(error, BrokenLink)
    assert contents(place)["event"] == [], "nothing of the step may be stored"


def test_the_last_event_that_a_node_leaves_out_is_missed(loaded: Loaded, place: str) -> None:
    error = refused(loaded, place, in_logs(lambda logs: logs[:-1]))
    assert isinstance(error, HeadMismatch | BrokenLink)
    assert contents(place)["event"] == []


def test_an_event_told_twice_is_refused(loaded: Loaded, place: str) -> None:
    error = refused(loaded, place, in_logs(lambda logs: [*logs, logs[50]]))
    assert isinstance(error, MalformedLog)
    again = in_logs(lambda logs: [*logs, logs[50] | {"logIndex": "0x7fffffff"}])
    assert isinstance(refused(loaded, place, again), BrokenLink)


@pytest.mark.parametrize("word", range(5))
def test_a_promise_of_which_any_word_was_changed_is_refused(loaded: Loaded, place: str, word: int) -> None:

    def forge(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        made = next(log for log in logs if log["topics"][0] == show_hex(Made.SHAPE.topic))
        last = 2 + 64 * (word + 1) - 1
        made["data"] = made["data"][:last] + f"{int(made['data'][last], 16) ^ 1:x}" + made["data"][last + 1 :]
        return logs

    assert isinstance(refused(loaded, place, in_logs(forge)), BrokenLink)


def test_another_time_is_refused(loaded: Loaded, place: str) -> None:
    def delay(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # All of one block: that they differ would be seen at once.
        block = logs[70]["blockNumber"]
        return [
            log | {"blockTimestamp": hex(int(log["blockTimestamp"], 16) - 60)} if log["blockNumber"] == block else log
            for log in logs
        ]

    assert isinstance(refused(loaded, place, in_logs(delay)), BrokenLink)


def test_another_contract_s_log_is_refused(loaded: Loaded, place: str) -> None:
    error = refused(loaded, place, in_logs(lambda logs: [logs[0] | {"address": "0x" + "99" * 20}]))
    assert isinstance(error, MalformedLog)


def test_logs_out_of_the_range_asked_for_are_refused(loaded: Loaded, place: str) -> None:
    error = refused(loaded, place, in_logs(lambda logs: [logs[0] | {"blockNumber": "0xffffff"}]))
    assert isinstance(error, MalformedLog)
    assert "were asked for" in str(error)


def test_logs_out_of_order_are_put_in_order(loaded: Loaded, place: str) -> None:
    with lying_node(loaded.chain.url, in_logs(lambda logs: logs[::-1])) as url:
        index_into(loaded, place, url)
    assert contents(place) == contents(truth(loaded))


def test_logs_without_their_time_get_it_from_the_headers(loaded: Loaded, place: str) -> None:
    def strip(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{key: value for key, value in log.items() if key != "blockTimestamp"} for log in logs]

    with lying_node(loaded.chain.url, in_logs(strip)) as url:
        index_into(loaded, place, url, blocks=50)
    assert contents(place) == contents(truth(loaded))


def test_a_node_that_lies_about_its_chain_is_refused(loaded: Loaded, place: str) -> None:
    error = refused(loaded, place, lambda method, _, r: "0x1" if method == "eth_chainId" else r)
    assert isinstance(error, WrongChain)
    assert "eip155:1," in str(error)
    assert "eip155:31337" in str(error)


def test_a_contract_with_other_code_is_refused(loaded: Loaded, place: str) -> None:
    error = refused(loaded, place, lambda method, _, r: "0x6001" if method == "eth_getCode" else r)
    assert isinstance(error, WrongCode)


def test_an_address_without_code_is_refused(loaded: Loaded, place: str) -> None:
    elsewhere = replace(loaded.deployment, address=Address(b"\x42" * 20))
    with pytest.raises(NoContract, match="There is no contract at 0x4242424242424242424242424242424242424242"):
        synchronise(loaded.chain, Database(place), elsewhere, Finality("latest"))
    with pytest.raises(NoDatabase):
        contents(place)


def test_a_chain_that_was_replaced_halts_the_index(loaded: Loaded, place: str) -> None:
    index_into(loaded, place)
    before = contents(place)
    last = hex(before["ledger"][0][2])

    def replaced(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getBlockByNumber" or params[0] != last:
            return result
        other = result | {"extraData": "0x77"}
        return other | {"hash": show_hex(header_hash(other))}

    assert isinstance(refused(loaded, place, replaced), ChainDiverged)
    assert contents(place) == before


@pytest.mark.parametrize(
    "field, value",
    [
        ("hash", "0x" + "77" * 32),
        ("timestamp", "0x1"),
        ("logsBloom", "0x" + "00" * 255 + "01"),
        ("parentHash", "0x" + "77" * 32),
        ("number", "0x1"),
        ("extraData", None),
        ("aFieldOfAForkToCome", "0x1"),
    ],
)
def test_a_header_whose_fields_do_not_hash_to_its_block_is_refused(
    loaded: Loaded, place: str, field: str, value: str | None
) -> None:
    def forged(method: str, _params: list[Any], result: Any) -> Any:
        if method != "eth_getBlockByNumber" or result is None:
            return result
        if field == "aFieldOfAForkToCome":
            # Its hash covers a field that is not known here.
            return result | {"hash": "0x" + "78" * 32, field: value}
        return result | {field: value}

    error = refused(loaded, place, forged)
    assert isinstance(error, NodeRefused)
    assert "eth_getBlockByNumber" in str(error)


@contextmanager
def a_forking_chain(home: Path) -> Iterator[tuple[LocalChain, Deployment, list[Address]]]:
    """A real node with two registered companies, whose latest blocks may be given up."""
    with run_anvil(free_port(), GENESIS, home / "anvil.log") as chain:
        deployment = deploy(chain, Timestamp(GENESIS + 12))
        companies = chain.accounts()[1:3]
        profile = a_profile()
        call = [
            (
                company,
                deployment.address,
                contract.register(contract.SENDER, company, profile.digest, "data:,", UNSIGNED),
            )
            for company in companies
        ]
        chain.mine(Timestamp(GENESIS + 24), call)
        yield chain, deployment, companies


def promises_of(company: Address, first: int, count: int) -> list[Promise]:
    return [
        replace(a_promise(number, due_at=GENESIS + 30 * DAY), company=company) for number in range(first, first + count)
    ]


@pytest.mark.parametrize(
    "uri", ["data:,a\0b", "\0", "data:,\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]
)
def test_no_uri_stops_the_index(place: str, tmp_path: Path, uri: str) -> None:
    with a_forking_chain(tmp_path) as (chain, deployment, companies):
        call = contract.register(contract.SENDER, companies[0], ZERO_DIGEST, uri, UNSIGNED)
        chain.mine(Timestamp(GENESIS + 36), [(companies[0], deployment.address, call)])
        database = Database(place)
        synchronise(chain, database, deployment)
        database.close()
        assert len(contents(place)["event"]) == 3


def test_what_a_real_node_gives_up_is_undone(places: Places, tmp_path: Path) -> None:
    """By hash above finality, with promises made, fulfilled and amended in blocks that go."""
    with a_forking_chain(tmp_path) as (chain, deployment, companies):
        when = GENESIS + 36

        def mine(*calls: tuple[Address, bytes]) -> None:
            nonlocal when
            chain.mine(Timestamp(when), [(company, deployment.address, call) for company, call in calls])
            when += 12

        one, other = companies
        kept = promises_of(one, 1, 5)
        mine((one, contract.make_all(kept)), (other, contract.make_all(promises_of(other, 1, 5))))
        place, another = places(), places()
        database = Database(place)
        finality = Finality("latest", 10)
        synchronise(chain, database, deployment, finality)
        before = contents(place)

        mine((one, contract.make_all(promises_of(one, 100, 5))))
        mine((one, contract.fulfil(promise_id(kept[0]), ZERO_DIGEST)))
        mine((one, contract.register(contract.SENDER, one, ZERO_DIGEST, "data:,other", UNSIGNED)))
        synchronise(chain, database, deployment, finality)
        assert len(contents(place)["event"]) == len(before["event"]) + 7
        with database.read() as reader:
            assert not reader.require_cursor().is_final

        chain.request("anvil_reorg", 3, [])
        synchronise(chain, database, deployment, finality)
        after = contents(place)
        for table in ("event", "company", "promise"):
            assert after[table] == before[table]
        database.close()
        fresh = Database(another)
        synchronise(chain, fresh, deployment, finality)
        fresh.close()
        assert contents(another) == after


def test_a_real_reorganisation_past_finality_halts_the_index_and_changes_nothing(place: str, tmp_path: Path) -> None:
    with a_forking_chain(tmp_path) as (chain, deployment, companies):
        for number in range(5):
            call = contract.make_all(promises_of(companies[0], number, 1))
            chain.mine(Timestamp(GENESIS + 36 + 12 * number), [(companies[0], deployment.address, call)])
        database = Database(place)
        synchronise(chain, database, deployment, Finality("latest", 1))
        before = contents(place)
        chain.request("anvil_reorg", 3, [])
        with pytest.raises(ChainDiverged, match="the chain was reorganised"):
            synchronise(chain, database, deployment, Finality("latest", 1))
        database.close()
        assert contents(place) == before


def test_a_reorganisation_between_two_answers_is_no_lie(place: str, tmp_path: Path) -> None:
    """The heads asked for after a block of one fork are told of the other."""
    with a_forking_chain(tmp_path) as (chain, deployment, companies):
        call = contract.make_all(promises_of(companies[0], 1, 3))
        chain.mine(Timestamp(GENESIS + 36), [(companies[0], deployment.address, call)])
        last = hex(int(chain.request("eth_blockNumber"), 16))
        forks: list[str] = []

        def fork(method: str, params: list[Any], result: Any) -> Any:
            if method != "eth_call" or params[1] != last or forks:
                return result
            forks.append(last)
            chain.request("anvil_reorg", 1, [])
            return chain.request(method, *params)

        told: list[Notice] = []
        with lying_node(chain.url, fork) as url, closing(Database(place)) as database:
            finality, limits = Finality("latest", 10), Limits(ahead=1)
            Indexer(Nodes([Node(url)]), database, deployment, finality, limits, told.append).synchronise()
        assert forks
        assert not [notice for notice in told if isinstance(notice, NodeDistrusted)]
        assert len(contents(place)["event"]) == 2


def test_an_address_whose_next_answer_is_a_lagging_node_s_does_not_halt_the_index(place: str, tmp_path: Path) -> None:
    with a_forking_chain(tmp_path) as (chain, deployment, companies):
        for number in range(5):
            call = contract.make_all(promises_of(companies[0], number, 1))
            chain.mine(Timestamp(GENESIS + 36 + 12 * number), [(companies[0], deployment.address, call)])
        finality = Finality("latest", 3)
        with closing(Database(place)) as database:
            last = synchronise(chain, database, deployment, finality).block.number
        chain.request("anvil_reorg", 1, [])
        asked: list[str] = []

        def lagging(method: str, params: list[Any], result: Any) -> Any:
            if method != "eth_getBlockByNumber":
                return result
            asked.append(params[0])
            # All that it was asked for right after it had told of another block at the last one's place.
            behind = 1 if params[0] != hex(last) else 2
            return (
                None
                if params[0] in map(hex, range(last - 3, last + 1)) and asked.count(params[0]) == behind
                else result
            )

        with lying_node(chain.url, lagging) as url, closing(Database(place)) as database:
            assert synchronise(Node(url), database, deployment, finality).block.number == last
        assert asked.count(hex(last - 3)) == 2


def test_a_database_of_another_deployment_is_left_alone(loaded: Loaded, place: str) -> None:
    database = index_into(loaded, place)
    before = contents(place)
    with database.write() as writer:
        cursor = writer.require_cursor()
        writer.move_cursor(replace(cursor, account=cursor.account.replace("31337", "1")))
    database.close()
    with pytest.raises(ForeignDatabase, match="holds the ledger eip155:1:"):
        index_into(loaded, place)
    assert contents(place)["event"] == before["event"]


def test_a_node_that_is_down_is_named(loaded: Loaded, place: str) -> None:
    port = free_port()
    with pytest.raises(NodeUnreachable, match=f"http://127.0.0.1:{port} \\(connection refused\\)"):
        index_into(loaded, place, f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "status, body, error",
    [
        (200, b"<html>hello</html>", NodeRefused),
        (200, b"[]", NodeRefused),
        (200, b'{"jsonrpc":"2.0","id":0}', NodeRefused),
        (200, b'{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"no archive"}}', NodeRefused),
        (200, b'{"jsonrpc":"2.0","id":0,"result":"many"}', NodeRefused),
        (200, b'{"jsonrpc":"2.0","id":0,"result":null}', NodeRefused),
        (200, b"[1, 2]", NodeRefused),
        # Said by JSON-RPC, though HTTP has its own word for it.
        (400, b'{"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"no archive"}}', NodeRefused),
        (429, b'{"jsonrpc":"2.0","id":0,"error":{"code":-32005,"message":"limit exceeded"}}', NodeUnreachable),
        (403, b"forbidden", NodeUnreachable),
    ],
)
def test_what_is_no_node_is_refused_by_name(
    loaded: Loaded, place: str, status: int, body: bytes, error: type[TrothError]
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    with serving(Handler) as url, pytest.raises(error, match=url):
        index_into(loaded, place, url)


def test_a_lagging_node_is_waited_for(loaded: Loaded, place: str) -> None:
    index_into(loaded, place)
    before = contents(place)
    last = before["ledger"][0][2]

    def lagging(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getBlockByNumber":
            return result
        return None if params[0] == hex(last) else result

    with lying_node(loaded.chain.url, lagging) as url:
        index_into(loaded, place, url)
    assert contents(place) == before


def test_the_log_is_kept_as_the_chain_has_it(loaded: Loaded) -> None:
    _, _, logs = loaded.chain.logs(loaded.deployment.address, BlockNumber(0), BlockNumber(2**31))
    kept = contents(truth(loaded))["event"]
    assert len(kept) == len(logs)
    for row, log in zip(kept, logs, strict=True):
        block, index, _time, transaction, topics, data, company, promise = row
        assert (block, index) == (int(log["blockNumber"], 16), int(log["logIndex"], 16))
        assert show_hex(transaction) == log["transactionHash"]
        assert show_hex(topics) == "0x" + "".join(topic[2:] for topic in log["topics"])
        assert show_hex(data) == log["data"]
        assert (promise is None) == (bytes(topics[:32]) == Registered.SHAPE.topic)
        assert company in loaded.cast.companies.values()


def test_the_deployment_record_says_where_the_ledger_is(loaded: Loaded) -> None:
    record = json.loads((loaded.home / "deployment.json").read_text())
    assert set(record) == {"chain", "address", "block", "transaction", "codeHash"}
    assert record["chain"] == "eip155:31337"
