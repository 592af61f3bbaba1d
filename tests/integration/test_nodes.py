"""Several nodes of one chain, some of which fail, lie, hang or give little at once: what is indexed is the same."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from ledger.chain.node import Node
from ledger.chain.nodes import QUIET, Nodes
from ledger.errors import (
    BrokenLink,
    InvalidSettings,
    LogsMissing,
    NodeRefused,
    NodesDisagree,
    NodeUnreachable,
    QuorumMissing,
)
from ledger.indexer.fetch import FIRST_BLOCKS
from ledger.indexer.follow import Finality
from ledger.indexer.notices import NodeDistrusted, NodeFailed, Notice, Rewound
from ledger.indexer.run import Indexer, Limits
from ledger.store.database import Database
from ledger.units import BlockNumber, Timestamp
from tests.integration.test_index import GENESIS, a_forking_chain
from tests.support.chain import Answer, Loaded, Refusal, free_port, lying_node, serving
from tests.support.databases import LATEST, contents, sqlite
from tests.support.simulator import Clock


def index(loaded: Loaded, place: str, urls: list[str], limits: Limits, finality: Finality = LATEST) -> list[Notice]:
    """Indexes from nodes, once. Gives what it told."""
    told: list[Notice] = []
    database = Database(place)
    clock = Clock()
    try:
        nodes = Nodes([Node(url) for url in urls], lambda: clock.now, clock.sleep)
        Indexer(nodes, database, loaded.deployment, finality, limits, told.append).synchronise()
    finally:
        database.close()
    return told


def truth(loaded: Loaded) -> dict[str, list[tuple[Any, ...]]]:
    return contents(sqlite(loaded.home / "troth.db"))


@pytest.fixture
def place(tmp_path: Path) -> str:
    return sqlite(tmp_path / "troth.db")


def span(params: list[Any]) -> int:
    return int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1


class Provider:
    """A node that gives only so many blocks of the log at once, and says so in its own words."""

    def __init__(self, most: int, words: Callable[[list[Any]], str]) -> None:
        self.most = most
        self.words = words
        self.asked: list[int] = []
        self.refused = 0

    def __call__(self, method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        self.asked.append(span(params))
        if span(params) > self.most:
            self.refused += 1
            return Refusal(self.words(params))
        return result


def suggestion(params: list[Any], most: int) -> str:
    first = int(params[0]["fromBlock"], 16)
    return (
        "Log response size exceeded. Based on your parameters and the response size limit, this block range should"
        f" work: [{hex(first)}, {hex(first + most - 1)}]"
    )


@pytest.mark.parametrize(
    "most, words",
    [
        (15, lambda _: "block range is too large"),
        (90, lambda _: "query returned more than 10000 results"),
        (15, lambda _: "eth_getLogs is limited to a 15 blocks range"),
        (15, lambda params: suggestion(params, 15)),
    ],
)
@pytest.mark.parametrize("ahead", [1, 4])
def test_a_node_that_gives_few_blocks_at_once_is_asked_for_fewer(
    loaded: Loaded, place: str, most: int, words: Callable[[list[Any]], str], ahead: int
) -> None:
    provider = Provider(most, words)
    with lying_node(loaded.chain.url, provider) as url:
        told = index(loaded, place, [url], Limits(ahead=ahead))
    assert contents(place) == truth(loaded)
    assert not [notice for notice in told if isinstance(notice, NodeFailed)], "that is no fault of the node"
    # Those under way at the first refusal are halved, until they are small enough; those after them are at once.
    assert 0 < provider.refused <= ahead * 8


class Busy:
    """A node that serves only so many requests for logs at the same time."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.refused: list[bool] = []
        """Of each request for logs, in the order in which they came to an end."""
        self._served = 0
        self._lock = threading.Lock()

    def __call__(self, method: str, _params: list[Any], result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        with self._lock:
            self._served += 1
            refused = self._served > self.at_once
        time.sleep(0.02)
        with self._lock:
            self._served -= 1
            self.refused.append(refused)
        return Refusal("429: too many requests at once") if refused else result


def test_a_node_that_is_asked_too_much_at_once_is_asked_for_less_at_once(loaded: Loaded, place: str) -> None:
    busy = Busy(at_once=2)
    with lying_node(loaded.chain.url, busy) as url:
        index(loaded, place, [url], Limits(blocks=3, ahead=8))
    assert contents(place) == truth(loaded)
    early, late = busy.refused[:8], busy.refused[-50:]
    assert sum(early) >= 4, "eight at once are more than two"
    # It grows by one a window, and halves at each refusal.
    assert sum(late) < len(late) / 3


def test_the_range_that_a_node_suggests_is_the_one_asked_for(loaded: Loaded, place: str) -> None:
    provider = Provider(15, lambda params: suggestion(params, 15))
    with lying_node(loaded.chain.url, provider) as url:
        index(loaded, place, [url], Limits(ahead=1))
    assert provider.asked[:2] == [FIRST_BLOCKS, 15]
    assert provider.refused <= 2


def test_what_a_node_refuses_for_its_rate_is_asked_again_whole(loaded: Loaded, place: str) -> None:
    asked: list[int] = []

    def limited(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        asked.append(span(params))
        return Refusal("429: too many requests per second") if len(asked) % 3 == 1 else result

    with lying_node(loaded.chain.url, limited) as url:
        told = index(loaded, place, [url], Limits(ahead=1))
    assert contents(place) == truth(loaded)
    assert asked[0] == asked[1] == FIRST_BLOCKS
    assert [notice for notice in told if isinstance(notice, NodeFailed)]


def test_a_quota_that_is_used_up_for_a_while_makes_no_range_small_for_good(loaded: Loaded, place: str) -> None:
    asked: list[int] = []

    def used_up(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        asked.append(span(params))
        return Refusal("request limit exceeded") if len(asked) <= 8 else result

    with lying_node(loaded.chain.url, used_up) as url:
        index(loaded, place, [url], Limits(ahead=1))
    assert contents(place) == truth(loaded)
    assert min(asked) == 1
    assert max(asked[-3:]) > FIRST_BLOCKS


@pytest.mark.parametrize("ahead", [1, 4])
def test_a_node_that_is_down_is_left_for_another(loaded: Loaded, place: str, ahead: int) -> None:
    down = f"http://127.0.0.1:{free_port()}"
    told = index(loaded, place, [down, loaded.chain.url], Limits(ahead=ahead))
    assert contents(place) == truth(loaded)
    failed = [notice for notice in told if isinstance(notice, NodeFailed)]
    assert {notice.url for notice in failed} == {down}


def leaving_out(at: int) -> Answer:
    def answer(method: str, _params: list[Any], result: Any) -> Any:
        return result[:at] + result[at + 1 :] if method == "eth_getLogs" and result else result

    return answer


@pytest.mark.parametrize("ahead", [1, 4])
@pytest.mark.parametrize("liars", [1, 2])
def test_nodes_that_leave_events_out_are_named_and_left_for_an_honest_one(
    loaded: Loaded, place: str, ahead: int, liars: int
) -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(lying_node(loaded.chain.url, leaving_out(at))) for at in (3, -1)[:liars]]
        told = index(loaded, place, [*urls, loaded.chain.url], Limits(ahead=ahead))
    assert contents(place) == truth(loaded)
    assert {notice.url for notice in told if isinstance(notice, NodeDistrusted)} <= set(urls)
    assert [notice for notice in told if isinstance(notice, NodeDistrusted)]


def test_where_all_lie_that_is_said_and_nothing_false_is_stored(loaded: Loaded, place: str) -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(lying_node(loaded.chain.url, leaving_out(3))) for _ in range(2)]
        with pytest.raises(BrokenLink):
            index(loaded, place, urls, Limits(ahead=1))
    stored = contents(place)["event"]
    assert stored == truth(loaded)["event"][: len(stored)]


def hiding(loaded: Loaded) -> Answer:
    """All events of one company: its absence can't be told from its not being there."""
    hidden = bytes(truth(loaded)["event"][0][6]).hex()

    def answer(method: str, _params: list[Any], result: Any) -> Any:
        if method != "eth_getLogs" or not result:
            return result
        return [log for log in result if not any(topic.endswith(hidden) for topic in log["topics"])]

    return answer


def test_a_company_that_is_hidden_whole_is_missed_by_a_quorum(loaded: Loaded, place: str) -> None:
    with lying_node(loaded.chain.url, hiding(loaded)) as url:
        with pytest.raises(NodesDisagree, match=f"{url} and {loaded.chain.url}|{loaded.chain.url} and {url}"):
            index(loaded, place, [url, loaded.chain.url], Limits(ahead=1, quorum=2))
        assert contents(place)["event"] == []
        # Two against one.
        told = index(loaded, place, [url, loaded.chain.url, loaded.chain.url], Limits(quorum=2))
    assert contents(place) == truth(loaded)
    assert {notice.url for notice in told if isinstance(notice, NodeDistrusted)} == {url}


def test_a_node_that_has_no_logs_of_a_block_has_its_receipts_against_it(place: str, tmp_path: Path) -> None:
    """It hides the first that is heard of companies, so no head is missed."""

    def forgetful(method: str, params: list[Any], result: Any) -> Any:
        return [] if method == "eth_getLogs" and "blockHash" in params[0] else result

    def silent(method: str, params: list[Any], result: Any) -> Any:
        return Refusal("no such method") if method == "eth_getBlockReceipts" else forgetful(method, params, result)

    def run(*urls: str) -> list[Notice]:
        told: list[Notice] = []
        with closing(Database(place)) as database:
            nodes = Nodes([Node(url) for url in urls])
            Indexer(nodes, database, deployment, Finality("latest", 10), Limits(ahead=1), told.append).synchronise()
        return told

    with a_forking_chain(tmp_path) as (chain, deployment, _), ExitStack() as stack:
        liar, clever = (stack.enter_context(lying_node(chain.url, answer)) for answer in (forgetful, silent))
        with pytest.raises(LogsMissing, match="in block 2"):
            run(liar)
        assert contents(place)["event"] == []
        told = run(liar, chain.url)
        assert [notice.url for notice in told if isinstance(notice, NodeDistrusted)] == [liar]
        assert len(contents(place)["event"]) == 2
        chain.mine(Timestamp(GENESIS + 36), [])
        run(clever)


def test_a_quorum_of_more_nodes_than_there_are_is_refused(loaded: Loaded, place: str) -> None:
    with pytest.raises(InvalidSettings, match="TROTH_QUORUM=2, but TROTH_RPC_URL names 1"):
        index(loaded, place, [loaded.chain.url], Limits(quorum=2))


def test_without_enough_nodes_for_the_quorum_nothing_is_stored(loaded: Loaded, place: str) -> None:
    down = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(QuorumMissing, match="fewer than 2 give the same"):
        index(loaded, place, [loaded.chain.url, down], Limits(ahead=1, quorum=2))
    assert contents(place)["event"] == []


NOTHING_FINAL = Finality("latest", 10**6)


def test_a_quorum_also_holds_for_blocks_that_are_not_final(loaded: Loaded, place: str) -> None:
    with lying_node(loaded.chain.url, hiding(loaded)) as url:
        with pytest.raises((NodesDisagree, QuorumMissing)):
            index(loaded, place, [url, loaded.chain.url], Limits(ahead=1, quorum=2), NOTHING_FINAL)
        assert contents(place)["event"] == []
        told = index(loaded, place, [url, loaded.chain.url, loaded.chain.url], Limits(quorum=2), NOTHING_FINAL)
    assert contents(place)["event"] == truth(loaded)["event"]
    assert {notice.url for notice in told if isinstance(notice, NodeDistrusted)} == {url}


def test_what_is_final_is_what_a_quorum_says_is(loaded: Loaded, place: str) -> None:
    """A node that calls final what is not would have it fetched as such."""
    node = Node(loaded.chain.url)
    latest = node.block("latest")
    assert latest is not None

    def hasty(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "safe":
            return node.request(method, "latest", False)
        return result

    def patient(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "safe":
            return node.request(method, hex(latest.number // 2), False)
        return result

    with lying_node(loaded.chain.url, hasty) as one, lying_node(loaded.chain.url, patient) as other:
        index(loaded, place, [one, other], Limits(ahead=1, quorum=2), Finality("safe"))
    database = Database(place)
    with database.read() as reader:
        assert reader.require_cursor().final == latest.number // 2
    database.close()
    assert contents(place)["event"] == truth(loaded)["event"]


def test_one_node_s_word_does_not_undo_what_another_stands_by(loaded: Loaded, place: str) -> None:
    def other_heads(method: str, _params: list[Any], result: Any) -> Any:
        return result[:-2] + ("00" if result[-2:] != "00" else "01") if method == "eth_call" else result

    index(loaded, place, [loaded.chain.url], Limits(ahead=1))
    with lying_node(loaded.chain.url, other_heads) as url:
        told = index(loaded, place, [url, loaded.chain.url], Limits(ahead=1))
    assert contents(place) == truth(loaded)
    assert not [notice for notice in told if isinstance(notice, Rewound)]
    assert [notice.url for notice in told if isinstance(notice, NodeDistrusted)] == [url]


def test_a_node_that_hangs_holds_nobody_up(loaded: Loaded, place: str) -> None:
    done = threading.Event()
    hung = threading.Event()

    def hang(method: str, _params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs" and not hung.is_set():
            hung.set()
            assert done.wait(30), "nobody else was asked"
        return result

    with lying_node(loaded.chain.url, hang) as url:
        try:
            index(loaded, place, [url, loaded.chain.url], Limits())
            assert hung.is_set()
            assert contents(place) == truth(loaded)
        finally:
            done.set()


@pytest.mark.parametrize("ahead", [1, 4])
@pytest.mark.parametrize("quorum", [1, 2])
def test_a_node_of_another_chain_is_named_and_left_for_others(
    loaded: Loaded, place: str, ahead: int, quorum: int
) -> None:
    def elsewhere(method: str, _params: list[Any], result: Any) -> Any:
        return "0x1" if method == "eth_chainId" else result

    with lying_node(loaded.chain.url, elsewhere) as url:
        told = index(loaded, place, [loaded.chain.url, url, loaded.chain.url], Limits(ahead=ahead, quorum=quorum))
    assert contents(place) == truth(loaded)
    distrusted = [notice.url for notice in told if isinstance(notice, NodeDistrusted)]
    assert set(distrusted) <= {url}
    assert len(distrusted) <= 1


def test_a_node_that_stands_still_is_left_for_one_that_goes_on(loaded: Loaded, place: str) -> None:
    """It answers all that it is asked, and is never behind what it told itself."""
    node = Node(loaded.chain.url)
    latest = node.block("latest")
    assert latest is not None
    last = latest.number - 3

    def still(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getBlockByNumber" or result is None:
            return result
        if params[0] == "latest":
            return node.request(method, hex(last), False)
        return None if int(params[0], 16) > last else result

    told: list[Notice] = []
    with lying_node(loaded.chain.url, still) as url, closing(Database(place)) as database:
        nodes = Nodes([Node(url), node])
        indexer = Indexer(nodes, database, loaded.deployment, Finality("latest", 10), Limits(ahead=1), told.append)
        assert indexer.synchronise().block.number == last
        reached = [indexer.synchronise().block.number for _ in range(QUIET + 2)]
    assert reached == [last] * QUIET + [latest.number] * 2
    assert not [notice for notice in told if isinstance(notice, NodeFailed | NodeDistrusted)]


class Raw(BaseHTTPRequestHandler, ABC):
    """A node whose whole answer is one's own, bytes, status and all."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.say(self.rfile.read(int(self.headers["Content-Length"])))

    @abstractmethod
    def say(self, asked: bytes) -> None:
        """Answers what was asked."""

    def head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        pass


def test_a_range_that_is_refused_by_a_status_of_http_is_asked_for_in_parts(loaded: Loaded, place: str) -> None:
    class Strict(Raw):
        def say(self, asked: bytes) -> None:
            status, content = 200, ask(loaded.chain.url, asked)
            if any(call["method"] == "eth_getLogs" and span(call["params"]) > 15 for call in calls_of(asked)):
                said = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32600, "message": "up to a 15 block range"}}
                status, content = 400, json.dumps(said).encode()
            self.head(status, len(content))
            self.wfile.write(content)

    with serving(Strict) as url:
        told = index(loaded, place, [url], Limits(ahead=1))
    assert contents(place) == truth(loaded)
    assert not [notice for notice in told if isinstance(notice, NodeFailed)]


def test_no_batch_is_larger_than_nodes_take(loaded: Loaded) -> None:
    class Small(Raw):
        def say(self, asked: bytes) -> None:
            said = ask(loaded.chain.url, asked)
            if len(calls_of(asked)) > 100:
                said = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"batch limit 100 exceeded"}}'
            self.head(200, len(said))
            self.wfile.write(said)

    numbers = [BlockNumber(number) for number in range(250)]
    with serving(Small) as url:
        assert Node(url).blocks(numbers) == loaded.chain.blocks(numbers)


def test_an_answer_that_goes_on_and_on_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.chain.node.LONGEST_S", 1)
    over = threading.Event()

    class Slow(Raw):
        def say(self, asked: bytes) -> None:
            self.head(200, 1000)
            with suppress(OSError):
                while not over.wait(0.1):
                    self.wfile.write(b" ")

    with serving(Slow) as url:
        try:
            with pytest.raises(NodeUnreachable, match="no whole answer within 1 s"):
                Node(url).request("eth_chainId")
        finally:
            over.set()


def test_an_answer_that_would_fill_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.chain.node.MOST_BYTES", 100_000)

    class Large(Raw):
        def say(self, asked: bytes) -> None:
            self.head(200, 200_000)
            with suppress(OSError):
                self.wfile.write(b" " * 200_000)

    with serving(Large) as url:
        with pytest.raises(NodeRefused, match="it has more than 100,000 bytes"):
            Node(url).request("eth_chainId")
        with pytest.raises(NodeRefused, match="it has more than 100,000 bytes"):
            Node(url).blocks([BlockNumber(0)])


def ask(url: str, body: bytes) -> bytes:
    with urlopen(Request(url, body, {"Content-Type": "application/json"})) as response:
        content: bytes = response.read()
        return content


def calls_of(body: bytes) -> list[dict[str, Any]]:
    asked = json.loads(body)
    return asked if isinstance(asked, list) else [asked]
