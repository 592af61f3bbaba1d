"""Audits and watches on a real chain: what holds is said to hold, and a gateway that lies is caught by each."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import orjson
import pytest

from api.app import create_app
from ledger.chain.contract import created_address
from ledger.chain.node import Node
from ledger.chain.sending import send
from ledger.keys import Key
from ledger.proofs.anchors import ANCHORED
from ledger.scoring.policy import Policy
from ledger.services import proving
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.units import BlockNumber, show_address, show_hex
from tests.integration.test_acting import Town, made, town
from tests.integration.test_commands import assert_refused, variables
from tests.support.chain import Refusal, free_port, lying_node, serving
from tests.support.gateway import served

__all__ = ["town"]


@pytest.fixture(scope="module")
def gateway(town: Town) -> Iterator[str]:
    """A gateway that tells the truth, and signs it."""
    town.did("promise", "fulfil", str(made(town)))
    town.did("index")
    settings = Settings(
        home=town.home / "troth",
        rpc_url=town.chain.url,
        deployment=town.home / "deployment.json",
        keystore=town.home / "customer.json",
        password_file=town.home / "password",
    )
    with served(create_app(settings)) as url:
        yield url


@contextmanager
def lying(url: str, change: Callable[[str, bytes], bytes]) -> Iterator[str]:
    """A gateway that asks a true one, and says what `change` makes of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with urlopen(url + self.path) as answer:
                content = change(self.path, answer.read())
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            pass

    with serving(Handler) as lies:
        yield lies


def inflated(path: str, content: bytes) -> bytes:
    """A floor that nobody earned, in all that a gateway says."""
    words = orjson.loads(content)
    if path.endswith("/statement"):
        words["statement"]["figures"]["floor"] = 990_000
    else:
        words["assured_floor_ppm"] = 990_000
    return orjson.dumps(words)


def unsigned(path: str, content: bytes) -> bytes:
    words = orjson.loads(inflated(path, content))
    if path.endswith("/statement"):
        words |= {"signer": None, "signature": None}
    return orjson.dumps(words)


def test_an_audit_computes_what_the_gateway_says_without_it(town: Town, gateway: str) -> None:
    said = town.did("audit", "acme", "--gateway", gateway)
    assert "holds" in said
    assert "does not hold" not in said
    shown = json.loads(town.did("audit", "acme", "--json", "--gateway", gateway))
    assert shown["verdict"] == "holds"
    assert [finding["verdict"] for finding in shown["gateway"]] == ["holds", "holds"]
    told = json.loads(town.did("score", "acme", "--json"))
    assert shown["score"] == told
    assert all(event["transaction"].startswith("0x") for event in shown["history"])
    assert shown["history"][0]["event"] == "Registered"


def test_an_audit_needs_neither_database_nor_record_of_a_deployment(town: Town, tmp_path: Path) -> None:
    elsewhere = {"home": tmp_path / "nothing", "rpc_url": f"http://127.0.0.1:{free_port()}", "deployment": ""}
    shown = json.loads(town.did("audit", "acme", "--json", "--rpc", town.chain.url, **elsewhere))
    assert shown["events"] > 0
    assert not (tmp_path / "nothing").exists()


def test_an_audit_by_a_node_without_old_states_asks_for_the_record(town: Town, tmp_path: Path) -> None:
    def pruned(method: str, params: list[Any], result: Any) -> Any:
        return Refusal("missing trie node") if method == "eth_getCode" and params[1] != "latest" else result

    with lying_node(town.chain.url, pruned) as url:
        refused = town.troth("audit", "acme", "--rpc", url, home=tmp_path / "nothing", deployment="")
    assert_refused(refused, 2, "TROTH_DEPLOYMENT")


def test_an_audit_as_of_a_block_counts_what_was_there(town: Town) -> None:
    before = json.loads(town.did("audit", "acme", "--json"))
    made(town)
    after = json.loads(town.did("audit", "acme", "--json"))
    assert len(after["history"]) == len(before["history"]) + 1
    then = json.loads(town.did("audit", "acme", "--json", "--at", str(before["block"]["number"])))
    assert then["history"] == before["history"]
    assert then["head"] == before["head"]
    assert then["score"]["reliability"] == before["score"]["reliability"]
    beyond = town.troth("audit", "acme", "--at", "999999")
    assert_refused(beyond, 2, "Block 999999 is not on the chain yet", "or wait until the chain has come so far")
    assert "troth index" not in beyond.stderr
    assert_refused(town.troth("audit", "nobody"), 2, "nobody")


def test_an_audit_s_report_is_one_page_whole_in_itself(town: Town, gateway: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert f"Report: {path}" in town.did("audit", "acme", "--html", str(path), "--gateway", gateway)
    page = path.read_text()
    assert "<svg" in page
    assert "<script" not in page
    assert "src=" not in page
    shown = json.loads(town.did("audit", "acme", "--json"))
    assert all(event["transaction"] in page for event in shown["history"])


def test_a_report_that_can_t_be_written_is_refused_before_all_the_work(town: Town, tmp_path: Path) -> None:
    down = {"rpc_url": f"http://127.0.0.1:{free_port()}"}
    for path in (tmp_path / "nowhere" / "report.html", tmp_path):
        refused = town.troth("audit", "acme", "--html", str(path), **down)
        assert_refused(refused, 2, f"{path} can't be written")
    # What an audit that fails leaves is what was there.
    there, new = tmp_path / "there.html", tmp_path / "new.html"
    there.write_text("as it was")
    for path in (there, new):
        assert_refused(town.troth("audit", "acme", "--html", str(path), **down), 2, "No Ethereum node answers")
    assert there.read_text() == "as it was"
    assert not new.exists()


@pytest.mark.parametrize(
    "lie, why", [(inflated, "signed it, and not"), (unsigned, "says 990000 for floor, and its events give")]
)
def test_a_gateway_that_lies_is_caught_by_audit_and_by_watch(
    town: Town, gateway: str, lie: Callable[[str, bytes], bytes], why: str
) -> None:
    town.did("index")
    with lying(gateway, lie) as url:
        audited = town.troth("audit", "acme", "--json", "--gateway", url)
        assert audited.returncode == 1
        found = json.loads(audited.stdout)["gateway"]
        assert [finding["verdict"] for finding in found] == ["does not hold", "does not hold"]
        assert why in found[0]["why"]
        assert "990000 for assured_floor_ppm" in found[1]["why"]
        with webhook() as (hook, posted):
            watched = town.troth("watch", "acme", "--once", "--gateway", url, "--webhook", hook)
        assert watched.returncode == 1, watched.stderr
        assert why in watched.stdout
        assert len(posted) == 2
        assert posted[0]["verdict"] == "does not hold"
        assert posted[0]["company"] == show_address(town.company.address)


def infinite(path: str, content: bytes) -> bytes:
    if path.endswith("/statement"):
        return content
    return content.replace(b'"as_of_block":', b'"as_of_block":1e999,"was":')


def escaping(path: str, content: bytes) -> bytes:
    """A statement that draws a finding of its own on the terminal of whoever looks at it."""
    words = orjson.loads(content)
    if path.endswith("/statement"):
        words["statement"]["ledger"] = "\x1b[2K\nall: holds"
        words |= {"signer": None, "signature": None}
    return orjson.dumps(words)


def test_what_a_gateway_says_breaks_nothing_and_looks_like_no_finding(town: Town, gateway: str) -> None:
    town.did("index")
    with lying(gateway, infinite) as url:
        found = json.loads(town.troth("audit", "acme", "--json", "--gateway", url).stdout)["gateway"]
    assert [finding["verdict"] for finding in found] == ["holds", "could not be checked"]
    with lying(gateway, escaping) as url:
        watched = town.troth("watch", "acme", "--once", "--gateway", url)
    assert "about the ledger [2K all: holds" in watched.stdout
    assert "\x1b" not in watched.stdout
    assert all(line.startswith("0x") for line in watched.stdout.splitlines())


def test_a_statement_and_a_badge_are_verified_and_a_lie_in_them_is_not(
    town: Town, gateway: str, tmp_path: Path
) -> None:
    town.did("index")
    for path, name in (("/api/companies/acme/statement", "statement.json"), ("/badges/acme.svg", "badge.svg")):
        with urlopen(gateway + path) as answer:
            content = answer.read()
        file = tmp_path / name
        file.write_bytes(content)
        said = town.did("verify", str(file))
        assert "Verified as of block" in said
        assert f"Signed by {show_address(town.customer.address)}" in said
        assert "With care: this is on a local test chain" in said
        assert_refused(town.troth("verify", str(file), "--block-hash", "0x" + "ab" * 32), 2, "is no bundle")
        file.write_bytes(content.replace(b"not enough evidence", b"high"))
        assert town.troth("verify", str(file)).returncode == 1


def test_a_badge_that_names_somebody_else_is_refused(town: Town, gateway: str, tmp_path: Path) -> None:
    town.did("index")
    file = tmp_path / "badge.svg"
    with urlopen(f"{gateway}/badges/acme.svg") as answer:
        file.write_bytes(answer.read().replace(b"Acme: reliability", b"Other: reliability"))
    refused = town.troth("verify", str(file))
    assert_refused(refused, 1, "it names the company 'Other', which then called itself 'Acme'")


def test_a_file_that_never_ends_is_refused(town: Town) -> None:
    assert_refused(town.troth("verify", "/dev/zero"), 2, "holds more than 33,554,432 bytes")


def test_a_receipt_is_verified_as_it_is(town: Town) -> None:
    said = town.did("verify", str(made(town)))
    assert "With care: this is on a local test chain. A local test chain proves nothing" in said
    assert "Your parcel is there" in said
    assert "State: open" in said
    assert "It is due at" in said


def test_a_bundle_of_the_gateway_is_verified_and_one_that_lies_is_not(town: Town, gateway: str, tmp_path: Path) -> None:
    town.did("index")
    file = tmp_path / "bundle.gz"
    with urlopen(f"{gateway}/api/companies/acme/bundle") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        file.write_bytes(answer.read())
    said = town.did("verify", str(file))
    assert "Verified as of block" in said
    assert "With care: this is on a local test chain" in said
    # Without a record, the ledger is known by its address, and only the chain has to be looked at.
    said = town.did("verify", str(file), home=tmp_path / "none", deployment="")
    assert "The ledger is eip155:31337:0x" in said


def lies_on_chain(town: Town, by: Key, about: str = "acme") -> None:
    """Somebody anchors a floor that nobody earned."""
    town.did("index")
    database = Database.in_file(town.home / "troth" / "troth.db")
    with database.read() as reader:
        drafted = proving.draft(reader, town.desk, about, Policy.named("standard"))
    database.close()
    lie = replace(drafted.statement, figures=drafted.statement.figures | {"floor": 999_999})
    send(town.desk.node, proving.prepare_anchor(town.desk, by, replace(drafted, statement=lie)))


def test_an_anchor_is_judged_though_nobody_publishes_its_statement(town: Town) -> None:
    town.did("index")
    town.did("anchor", "acme", "--out", str(town.home / "true.gz"))
    said = town.did("watch", "acme", "--once")
    assert "holds" in said
    assert "does not hold" not in said
    lies_on_chain(town, town.company)
    watched = town.troth("watch", "acme", "--once")
    assert watched.returncode == 1
    assert "does not hold (0x" in watched.stdout
    shown = json.loads(town.troth("audit", "acme", "--json").stdout)
    assert shown["verdict"] == "does not hold"
    assert [finding["verdict"] for finding in shown["anchors"]][-1] == "does not hold"
    # Of another sender's anchors alone, there are none.
    assert town.did("watch", "acme", "--once", "--sender", "0x" + "11" * 20) == ""


def test_anchors_by_a_node_that_gives_few_blocks_at_once_are_looked_for_in_few_requests_and_in_sight(
    town: Town, tmp_path: Path
) -> None:
    town.chain.request("anvil_mine", hex(400))
    lies_on_chain(town, town.company)
    asked: list[bool] = []

    def few(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getLogs" or params[0].get("topics", [None])[0] != show_hex(ANCHORED):
            return result
        asked.append(int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) < 10)
        return result if asked[-1] else Refusal("query exceeds max block range 10")

    with lying_node(town.chain.url, few) as url:
        for command in (("audit", "acme"), ("watch", "acme", "--once")):
            asked.clear()
            found = town.troth(*command, "--rpc", url, home=tmp_path, deployment=town.home / "deployment.json")
            assert "does not hold" in found.stdout
            assert "Looking for anchors, blocks" in found.stderr
            # What it refuses once, it is not asked again.
            assert asked.count(False) < 10 < asked.count(True)
    # Where a node gives all at once, there is nothing to count.
    assert "Looking for anchors" not in town.troth("audit", "acme").stderr


def test_a_node_hides_no_lie_by_saying_something_else_in_its_place(town: Town) -> None:
    town.did("index")
    town.did("anchor", "acme", "--out", str(town.home / "another.gz"))
    lies_on_chain(town, town.company)
    true = anchored(town.chain.url)[-2]["data"]

    def as_though_true(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getLogs" or params[0].get("topics", [None])[0] != show_hex(ANCHORED):
            return result
        return [*result[:-1], result[-1] | {"data": true}]

    with lying_node(town.chain.url, as_though_true) as url:
        watched = town.troth("watch", "acme", "--once", "--rpc", town.chain.url, "--rpc", url)
    place = f"transaction {anchored(town.chain.url)[-1]['transactionHash']}"
    found = [line for line in watched.stdout.splitlines() if place in line]
    assert len(found) == 2
    assert sum("does not hold" in line for line in found) == 1


def test_a_node_that_tells_of_ages_to_come_keeps_nobody_busy(town: Town) -> None:
    lies_on_chain(town, town.company)

    def far(method: str, params: list[Any], result: Any) -> Any:
        about = params and isinstance(params[0], dict) and params[0].get("topics")
        return [log | {"blockTimestamp": hex(2**62)} for log in result] if about else result

    with lying_node(town.chain.url, far) as url:
        assert_refused(town.troth("watch", "acme", "--once", "--rpc", url), 1, f"its time is {2**62}")


def anchored(url: str) -> list[dict[str, Any]]:
    node = Node(url)
    return node.logs_about(created_address(), [show_hex(ANCHORED)], BlockNumber(0), BlockNumber(1000))


def test_a_watch_stays_with_its_company_whoever_takes_the_handle(town: Town, tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    town.chain.request("anvil_setBalance", show_hex(town.customer.address), hex(10**18))
    settings = {"home": town.home / "staying", "rpc_url": town.chain.url, "deployment": town.home / "deployment.json"}
    command = [sys.executable, "-m", "ledger.cli", "watch", "acme"]
    lines: list[str] = []
    with subprocess.Popen(command, env=variables(**settings), stdout=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or []))
        reader.start()
        assert waiting(lambda: bool(lines))
        profile.write_text(json.dumps({"name": "Acme", "handle": "acme"}))
        town.did("company", "register", str(profile), keystore=town.home / "customer.json")
        seen = len(lines)
        town.chain.request("evm_mine")
        lies_on_chain(town, town.company, show_address(town.company.address))
        found = waiting(lambda: any("does not hold" in line for line in lines[seen:]))
        process.terminate()
        assert process.wait(30) == 1
        reader.join(10)
    profile.write_text(json.dumps({"name": "Other", "handle": "other"}))
    town.did("company", "register", str(profile), keystore=town.home / "customer.json")
    assert found, lines


def test_a_webhook_that_can_t_be_one_is_refused_before_anything_is_looked_at(town: Town) -> None:
    refused = town.troth("watch", "acme", "--once", "--webhook", "hooks.example.org/SECRET")
    assert_refused(refused, 2, "webhook")
    assert "SECRET" not in refused.stderr
    assert not refused.stdout


def test_a_watch_goes_on_until_it_is_stopped_and_reports_what_comes(town: Town) -> None:
    settings = {"home": town.home / "watching", "rpc_url": town.chain.url, "deployment": town.home / "deployment.json"}
    command = [sys.executable, "-m", "ledger.cli", "watch", "acme"]
    lines: list[str] = []
    with subprocess.Popen(command, env=variables(**settings), stdout=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or []))
        reader.start()
        lies_on_chain(town, town.company)
        found = waiting(lambda: any("does not hold" in line for line in lines))
        process.terminate()
        assert process.wait(30) == 1
        reader.join(10)
    assert found, lines


def waiting(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold within half a minute."""
    end = time.monotonic() + 30
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)
    return holds()


def test_a_node_that_makes_an_anchor_up_frames_nobody(town: Town) -> None:
    """No chain of hashes holds anchors: of what one node alone tells, nobody knows whether it is there."""
    town.did("anchor", "acme", "--out", str(town.home / f"{time.monotonic_ns()}.gz"))

    def invented(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs" and "topics" in params[0] and result:
            return [*result, result[-1] | {"data": result[-1]["data"][:-64] + "ab" * 32, "logIndex": "0x7"}]
        return result

    with lying_node(town.chain.url, invented) as url:
        audited = town.troth("audit", "acme", "--json", "--rpc", town.chain.url, "--rpc", url)
        last = json.loads(audited.stdout)["anchors"][-1]
        assert last["verdict"] == "could not be checked"
        assert f"only {url} tells of it" in last["why"]


@pytest.mark.parametrize("columns", ["40", "80"])
def test_hashes_stay_whole_however_narrow_it_is(town: Town, gateway: str, columns: str) -> None:
    lies_on_chain(town, town.company)
    shown = json.loads(town.troth("audit", "acme", "--json").stdout)
    settings = {"home": town.home / "troth", "rpc_url": town.chain.url, "deployment": town.home / "deployment.json"}
    command = [sys.executable, "-m", "ledger.cli", "audit", "acme", "--gateway", gateway]
    environment = variables(**settings) | {"COLUMNS": columns}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
    whole = [shown["head"], shown["block"]["hash"], shown["ledger"], shown["score"]["policy"]]
    whole += [loss["promise"] for loss in shown["losses"]["items"]]
    whole += [word for finding in shown["anchors"] for word in finding["said"].split() if word.startswith("0x")]
    assert shown["anchors"]
    for each in whole:
        assert each in said, said


def test_nodes_that_do_not_agree_check_nothing(town: Town, tmp_path: Path) -> None:
    record = town.home / "deployment.json"
    made(town)

    def without(method: str, _params: list[Any], result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        # Of anchors, which are in no chain of hashes, a node may leave out what it likes.
        events = [log for log in result if log["topics"][0] != show_hex(ANCHORED)]
        return events[:-1] if len(events) > 1 else result

    def never(method: str, _params: list[Any], result: Any) -> Any:
        return Refusal("no such method") if method == "eth_getLogs" else result

    with lying_node(town.chain.url, without) as url:
        refused = town.troth("audit", "acme", "--rpc", url)
        assert refused.returncode == 1, refused.stderr
        # It says nothing of the company.
        for command in (("audit", "acme"), ("watch", "acme", "--once")):
            both = town.troth(*command, "--rpc", town.chain.url, "--rpc", url, home=tmp_path, deployment=record)
            assert_refused(both, 2, "The ledger's log: the nodes do not agree", f"{url} have different logs")
    with lying_node(town.chain.url, never) as url:
        assert town.troth("audit", "acme", "--rpc", url).returncode == 2


@pytest.mark.parametrize(
    "arguments, code, why",
    [
        (("audit", "acme", "--gateway", "acme"), 2, "is not the URL of a gateway"),
        (("audit", "acme", "--rpc", "acme"), 2, "TROTH_RPC_URL"),
        (("watch", "nobody", "--once"), 2, "nobody"),
        (("watch", "acme", "--once", "--sender", "0x12"), 2, "0x12"),
    ],
)
def test_what_can_t_be_asked_is_refused_by_name(town: Town, arguments: tuple[str, ...], code: int, why: str) -> None:
    assert_refused(town.troth(*arguments), code, why)


def test_a_gateway_that_is_down_leaves_it_unchecked(town: Town) -> None:
    down = f"http://127.0.0.1:{free_port()}"
    audited = town.troth("audit", "acme", "--json", "--gateway", down)
    # The company's own anchor that lies is worse than a gateway that is down.
    assert audited.returncode in (1, 2)
    assert [finding["verdict"] for finding in json.loads(audited.stdout)["gateway"]] == ["could not be checked"] * 2


@contextmanager
def webhook(refusals: int = 0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook that refuses the first posts. Gives its URL, and what it takes."""
    posted: list[dict[str, Any]] = []
    left = refusals

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal left
            words = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            left -= 1
            if left < 0:
                posted.append(words)
            self.send_response(204 if left < 0 else 503)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with serving(Handler) as url:
        yield url, posted
