"""Companies and customers at work: keys, registration, promises, fulfilments and confirmations by `troth`."""

from __future__ import annotations

import io
import json
import os
import pty
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ledger.chain import sending
from ledger.chain.anvil import LocalChain, run_anvil
from ledger.chain.deployment import Deployment
from ledger.chain.logs import read_logs
from ledger.chain.node import Node
from ledger.chain.sending import send
from ledger.cli.main import run
from ledger.decoding import decode
from ledger.documents import document
from ledger.errors import InsufficientFunds, NodeRefused, Refused, TransactionFailed, TransactionPending
from ledger.events import Confirmed, Event, Fulfilled, Made, Matter, Registered
from ledger.keys import Key, create_key
from ledger.promises import service_code, signer_hash
from ledger.receipts import read_receipt
from ledger.services import acting
from ledger.services.acting import Desk, Offer, open_desk
from ledger.services.promises import view_promise
from ledger.store.database import Database
from ledger.units import ZERO_DIGEST, Address, BlockNumber, Timestamp, digest_of, show_address, show_hex
from tests.integration.test_commands import assert_refused, variables
from tests.support.chain import Refusal, deploy, free_port, lying_node

PASSWORD = "correct horse"
ETHER = 10**18
NOBODY = "0x" + "00" * 20


@dataclass(frozen=True)
class Town:
    """A ledger on a chain that mines what it gets, and those who use it."""

    chain: LocalChain
    deployment: Deployment
    home: Path
    company: Key
    customer: Key

    def troth(self, *arguments: str, **environment: object) -> CompletedProcess[str]:
        """Runs a command as its users would, in this process: starting Python takes longer than all it does."""
        settings = {
            "home": self.home / "troth",
            "rpc_url": self.chain.url,
            "deployment": self.home / "deployment.json",
            "password_file": self.home / "password",
            "keystore": self.home / "company.json",
        }
        said, complained = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
            for name in [name for name in os.environ if name.startswith("TROTH_")]:
                patch.delenv(name)
            for name, value in variables(**(settings | environment)).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["troth", *arguments])
            patch.setattr(sys, "stdin", io.StringIO())
            patch.chdir(self.home)
            with pytest.raises(SystemExit) as ended:
                run()
        code = int(ended.value.code or 0)
        return CompletedProcess(arguments, code, said.getvalue(), complained.getvalue())

    def did(self, *arguments: str, **environment: object) -> str:
        finished = self.troth(*arguments, **environment)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def events(self) -> list[Event]:
        node = Node(self.chain.url)
        head = node.block("latest")
        assert head is not None
        ledger, first = self.deployment.address, BlockNumber(0)
        _, _, raw = node.logs(ledger, first, head.number)
        return [decode(log) for log in read_logs(raw, ledger, first, head.number)]

    @property
    def desk(self) -> Desk:
        return open_desk(Node(self.chain.url), self.deployment)

    def receipts(self) -> set[Path]:
        return set((self.home / "troth" / "receipts").glob("*"))

    def offer(self, **changed: Any) -> Offer:
        due = Timestamp(int(time.time()) + 86_400)
        usual = Offer(self.company.address, "Soon", due, 86_400, self.customer.address, None, "delivery", 0, 2, 0, 1)
        return replace(usual, **changed)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home = tmp_path_factory.mktemp("town")
    (home / "password").write_text(PASSWORD + "\n")
    now = Timestamp(int(time.time()))
    with run_anvil(free_port(), now, home / "anvil.log") as chain:
        deployment = deploy(chain, Timestamp(now + 1))
        deployment.save(home / "deployment.json")
        chain.request("evm_setAutomine", True)
        company = create_key(home / "company.json", PASSWORD)
        customer = create_key(home / "customer.json", PASSWORD)
        chain.request("anvil_setBalance", show_hex(company.address), hex(ETHER))
        (home / "profile.json").write_text(json.dumps({"name": "Acme", "handle": "acme", "services": ["delivery"]}))
        town = Town(chain, deployment, home, company, customer)
        assert "is registered, in block" in town.did("company", "register", "profile.json")
        yield town


def in_hours(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def made(town: Town, *options: str) -> Path:
    before = town.receipts()
    customer = show_address(town.customer.address)
    town.did(
        "promise",
        "make",
        "Your parcel is there",
        "--due",
        in_hours(5),
        "--service",
        "delivery",
        "--customer",
        customer,
        *options,
    )
    (receipt,) = town.receipts() - before
    return receipt


def test_a_promise_is_made_fulfilled_and_confirmed_by_a_customer_without_ether(town: Town) -> None:
    receipt = made(town, "--cohort", "7", "--stage", "3", "--stakes", "1", "--experience", "2", "--window-days", "9")
    picture = town.home / "picture.jpg"
    picture.write_bytes(b"\xff\xd8 the door")
    town.did("promise", "fulfil", str(receipt), "--evidence", str(picture))
    confirmed = town.did(
        *("promise", "confirm", str(receipt), "--rating", "5"),
        *("--keystore", str(town.home / "customer.json"), "--payer", str(town.home / "company.json")),
    )
    assert "is confirmed, in block" in confirmed
    kept = read_receipt(receipt.read_text(), "it")
    promise_made, fulfilled, said = town.events()[-3:]
    assert isinstance(promise_made, Made)
    assert isinstance(fulfilled, Fulfilled)
    assert isinstance(said, Confirmed)
    assert promise_made.promise == kept.promise
    promise = kept.promise
    assert (promise.cohort, promise.stage, promise.stakes, promise.experience) == (7, 3, 1, 2)
    assert promise.dispute_window == 9 * 86_400
    assert promise.service == service_code("delivery")
    assert json.loads(kept.terms.content)["text"] == "Your parcel is there"
    assert fulfilled.evidence == digest_of(picture.read_bytes())
    # The customer said it, whoever paid.
    assert said.actor == signer_hash(town.customer.address)
    assert (said.id, said.rating, said.matter) == (kept.id, 5, Matter.FULFILMENT)
    assert receipt.stat().st_mode & 0o777 == 0o600


def test_who_has_ether_sends_its_own_confirmation(town: Town) -> None:
    receipt = made(town)
    town.did("promise", "fulfil", show_hex(read_receipt(receipt.read_text(), "it").id))
    customer = str(town.home / "customer.json")
    assert_refused(
        town.troth("promise", "confirm", str(receipt), "--keystore", customer), 2, "0 wei", "another account"
    )
    town.chain.request("anvil_setBalance", show_hex(town.customer.address), hex(ETHER))
    town.did("promise", "confirm", str(receipt), "--keystore", customer)
    town.chain.request("anvil_setBalance", show_hex(town.customer.address), "0x0")
    said = town.events()[-1]
    assert isinstance(said, Confirmed)
    assert said.actor == signer_hash(town.customer.address)


def test_a_promise_to_the_public_has_no_salt(town: Town) -> None:
    before = town.receipts()
    arbiter = show_address(Address(b"\x11" * 20))
    town.did("promise", "make", "We open at nine", "--due", in_hours(1), "--service", "delivery", "--arbiter", arbiter)
    (receipt,) = town.receipts() - before
    kept = read_receipt(receipt.read_text(), "it")
    assert (kept.salt, kept.promise.customer) == (ZERO_DIGEST, ZERO_DIGEST)


def test_salts_tell_equal_promises_apart(town: Town) -> None:
    one, other = (acting.draft(town.desk, town.offer()) for _ in range(2))
    assert one.promise.customer != other.promise.customer
    assert one.promise.terms != other.promise.terms
    assert one.promise.nonce != other.promise.nonce


def test_what_the_contract_refuses_is_said_in_words_and_not_sent(town: Town) -> None:
    receipt = made(town)
    events, receipts = town.events(), town.receipts()
    town.chain.request("anvil_setBalance", show_hex(town.customer.address), hex(ETHER))
    for arguments, named in (
        (("promise", "confirm", str(receipt)), f"The account {show_address(town.company.address)} is not the party"),
        (("promise", "confirm", str(receipt), "--keystore", str(town.home / "customer.json")), "is open"),
        (("promise", "fulfil", "0x" + "ab" * 32), "is not on this ledger: this can't be done"),
        (("promise", "fulfil", str(receipt), "--keystore", str(town.home / "customer.json")), "may not do this"),
        (
            (
                "promise",
                "make",
                "Yesterday",
                "--due",
                "2020-01-01T00:00Z",
                "--service",
                "x",
                "--customer",
                "0x" + "11" * 20,
            ),
            "would be due at 2020",
        ),
        (("promise", "make", "Nobody's", "--due", in_hours(1), "--service", "x"), "nobody could contest it"),
        (
            (
                "promise",
                "make",
                "Mine",
                "--due",
                in_hours(1),
                "--service",
                "x",
                "--arbiter",
                show_address(town.company.address),
            ),
            "own arbiter",
        ),
        (
            (
                "promise",
                "make",
                "Theirs",
                "--due",
                in_hours(1),
                "--service",
                "x",
                "--company",
                "0x" + "11" * 20,
                "--customer",
                "0x" + "22" * 20,
            ),
            "may not do this",
        ),
    ):
        assert_refused(town.troth(*arguments), 2, named)
    town.chain.request("anvil_setBalance", show_hex(town.customer.address), "0x0")
    assert town.events() == events
    assert town.receipts() == receipts


def test_who_never_registered_is_told_how(town: Town) -> None:
    other = create_key(town.home / "other.json", PASSWORD)
    arguments = ("promise", "make", "Soon", "--due", in_hours(1), "--service", "x", "--customer", "0x" + "11" * 20)
    assert_refused(
        town.troth(*arguments, keystore=town.home / "other.json"),
        2,
        show_address(other.address),
        "troth company register",
    )


@pytest.mark.parametrize(
    "arguments, environment, named",
    [
        (("promise", "make", "x", "--due", "tomorrow", "--service", "x"), {}, "'tomorrow' is not a time"),
        (("promise", "make", "x", "--due", "2027-01-01T00:00", "--service", "x"), {}, "offset"),
        (("promise", "make", "x", "--due", "40000-01-01T00:00Z", "--service", "x"), {}, "not a time"),
        (("promise", "make", "x", "--due", "2027-01-01T00:00Z", "--service", "x", "--customer", "b"), {}, "'b' is not"),
        (("promise", "make", "x", "--due", "2027-01-01T00:00Z", "--service", "x", "--stage", "4"), {}, "--stage"),
        (("promise", "fulfil", "0x12"), {}, "'0x12' is not a promise's id"),
        (("promise", "fulfil", "none.json"), {}, "none.json can't be read"),
        (("promise", "fulfil", "profile.json"), {}, "profile.json can't be used"),
        (("promise", "fulfil", "0x" + "ab" * 32, "--evidence", "none.jpg"), {}, "none.jpg can't be read"),
        (("promise", "confirm", "profile.json", "--rating", "6"), {}, "--rating"),
        (("company", "register", "none.json"), {}, "none.json can't be read"),
        (("company", "register", "password"), {}, "it is not JSON"),
        (("company", "register", "deployment.json"), {}, "it has address, block"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"keystore": "none.json"}, "none.json can't be opened"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"keystore": "profile.json"}, "not a Web3 keystore"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"keystore": ""}, "No keystore was named"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"password_file": "profile.json"}, "the password is not its own"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"password_file": "/dev/null"}, "is empty"),
        (("promise", "make", "x", "--due", "0001-01-01T00:00+23:59", "--service", "x"), {}, "dueAt can't be -"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"password_file": "none"}, "none can't be read"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"password_file": ""}, "nobody is there to type its password"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"deployment": "profile.json"}, "No deployment record"),
        (("promise", "fulfil", "0x" + "ab" * 32), {"rpc_url": "http://127.0.0.1:9"}, "No Ethereum node answers"),
        (("keys", "new", "company.json"), {}, "is there already"),
        (("keys", "new", "company.json"), {"password_file": ""}, "is there already"),
        (("promise", "make", " ", "--due", "2027-01-01T00:00Z", "--service", "x"), {}, "its text says nothing"),
        (("promise", "make", "x", "--due", "2027-01-01T00:00Z", "--service", "\t"), {}, "its service says nothing"),
        (("promise", "make", "\u202ex", "--due", "2027-01-01T00:00Z", "--service", "x"), {}, "U+202E"),
        (("promise", "make", "x", "--due", "2027-01-01T00:00Z", "--service", "a\nb"), {}, "U+000A"),
        (("promise", "make", "x" * 10_001, "--due", "2027-01-01T00:00Z", "--service", "x"), {}, "more than 10000"),
        (("promise", "make", "x", "--due", "2027-01-01T00:00Z", "--service", "x", "--arbiter", NOBODY), {}, "nobody's"),
        (("promise", "publish", "profile.json"), {}, "profile.json can't be used"),
    ],
)  # fmt: skip
def test_bad_input_is_named(town: Town, arguments: tuple[str, ...], environment: dict[str, str], named: str) -> None:
    assert_refused(town.troth(*arguments, **environment), 2, named)


def test_a_company_is_not_its_own_customer(town: Town) -> None:
    own = show_address(town.company.address)
    arguments = ("promise", "make", "Mine", "--due", in_hours(1), "--service", "x", "--customer", own)
    assert_refused(town.troth(*arguments), 2, "the customer is the company itself")


def test_what_is_done_already_has_its_own_exit_code(town: Town) -> None:
    receipt = str(made(town))
    town.did("promise", "fulfil", receipt)
    assert_refused(town.troth("promise", "fulfil", receipt), 4, "is fulfilled already", "Nothing is left to do")


def test_a_full_disk_leaves_nothing_half_written(town: Town) -> None:
    events, receipts = town.events(), town.receipts()
    arguments = ("promise", "make", "x", "--due", in_hours(1), "--service", "x", "--customer", "0x" + "11" * 20)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        for command, kept in ((arguments, town.home / "x.json"), (("keys", "new", "y.json"), town.home / "y.json")):
            refused = town.troth(*command, *(("--receipt", str(kept)) if command is arguments else ()))
            assert_refused(refused, 2, f"{kept.name} can't be written", "Nothing was sent")
            assert not kept.exists()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (town.events(), town.receipts()) == (events, receipts)


def test_words_are_private_until_they_are_published(town: Town) -> None:
    receipt, database = made(town), f"sqlite:///{town.home / 'published.db'}"
    promised = read_receipt(receipt.read_text(), "it")
    assert_refused(town.troth("promise", "publish", str(receipt), database=database), 2, "troth index")
    town.did("index", database=database)
    late = made(town)

    def words() -> str | None:
        with Database(database).read() as reader:
            return view_promise(reader, promised.id).text

    assert words() is None
    assert "are published" in town.did("promise", "publish", str(receipt), database=database)
    assert words() == "Your parcel is there"
    assert_refused(town.troth("promise", "publish", str(late), database=database), 2, "No promise 0x")
    # The index knows the services too.
    arguments = ("--due", in_hours(1), "--customer", "0x" + "11" * 20, "--service", "delivry")
    refused = town.troth("promise", "make", "x", *arguments, database=database)
    assert_refused(refused, 2, "'delivry' is no service of Acme, whose profile names delivery")


def test_another_ledgers_receipt_is_refused(town: Town) -> None:
    receipt = made(town)
    foreign = town.home / "foreign.json"
    foreign.write_text(receipt.read_text().replace("eip155:31337", "eip155:1"))
    assert_refused(town.troth("promise", "fulfil", str(foreign)), 2, "it is of the ledger eip155:1:")


def test_a_profile_that_nobody_would_read_is_not_published(town: Town) -> None:
    events = town.events()
    for profile, named in (
        ({"name": "Acme"}, "handle: Field required"),
        ({"handle": "no spaces", "name": "Acme"}, "handle: String should match pattern"),
        ({"handle": "acme", "name": "Acme", "notice": "x" * 401}, "400 characters"),
        ({"handle": "acme", "name": "Acme", "service": ["delivery"]}, "it has service, and may have handle, name"),
        ([], "not a JSON object"),
    ):
        (town.home / "bad.json").write_text(json.dumps(profile))
        assert_refused(town.troth("company", "register", "bad.json"), 2, "bad.json", named)
    assert town.events() == events


def test_a_new_profile_takes_the_old_ones_place(town: Town) -> None:
    (town.home / "next.json").write_text('{"handle": "acme", "name": "Acme & Daughters"}')
    town.did("company", "register", "next.json")
    last = town.events()[-1]
    assert isinstance(last, Registered)
    assert last.company == town.company.address


def test_a_receipt_is_on_the_disk_before_its_promise_is_sent(town: Town) -> None:
    """Without its salt, the customer could never speak: where the receipt can't be kept, nothing is promised."""
    events = town.events()
    there = town.home / "there.json"
    there.write_text("something")
    arguments = ("promise", "make", "x", "--due", in_hours(1), "--service", "x", "--customer", "0x" + "11" * 20)
    assert_refused(town.troth(*arguments, "--receipt", str(there)), 2, "is there already")
    assert_refused(town.troth(*arguments, "--receipt", "/proc/none/x.json"), 2, "can't be written")
    assert there.read_text() == "something"
    assert town.events() == events


def test_a_transaction_that_others_made_void_is_told_from_one_that_was_refused(town: Town) -> None:
    desk = town.desk
    receipt = acting.draft(desk, town.offer())
    send(desk.node, acting.make(desk, town.company, receipt))
    first = acting.fulfil(desk, town.company, receipt.id, None)
    # Said from the same account, and after the first.
    town.chain.request("evm_setAutomine", False)
    try:
        desk.node.request("eth_sendRawTransaction", show_hex(first.raw))
        with pytest.raises(Refused, match="fulfilled already"):
            acting.fulfil(desk, town.company, receipt.id, None)
    finally:
        town.chain.request("evm_setAutomine", True)
        town.chain.request("evm_mine")


def test_what_is_in_a_block_and_came_to_nothing_is_no_success(town: Town) -> None:
    desk = town.desk
    receipt = acting.draft(desk, town.offer())
    prepared = acting.make(desk, town.company, receipt)
    # Between the two, its due time passes.
    snapshot = town.chain.request("evm_snapshot")
    try:
        town.chain.request("evm_increaseTime", 10 * 86_400)
        with pytest.raises(TransactionFailed, match="refused"):
            send(desk.node, prepared)
    finally:
        town.chain.request("evm_revert", snapshot)


def test_a_transaction_of_which_nobody_knows_is_said_to_be_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = town.desk
    receipt = acting.draft(desk, town.offer())
    prepared = acting.make(desk, town.company, receipt)
    monkeypatch.setattr(sending, "INCLUSION_LIMIT_S", 1)
    town.chain.request("evm_setAutomine", False)
    try:
        with pytest.raises(TransactionPending, match=show_hex(prepared.hash)):
            send(desk.node, prepared)
    finally:
        town.chain.request("evm_setAutomine", True)
        town.chain.request("evm_mine")
    with pytest.raises(TransactionPending, match="No Ethereum node answers"):
        send(Node("http://127.0.0.1:9"), prepared)


def test_who_stops_waiting_is_told_that_it_was_sent(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no script takes it for done."""

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ledger.chain.sending.time.sleep", interrupt)
    arguments = ("promise", "make", "x", "--due", in_hours(1), "--service", "x", "--customer", "0x" + "11" * 20)
    town.chain.request("evm_setAutomine", False)
    try:
        assert_refused(town.troth(*arguments), 3, "was sent, and is in no block", "interrupted", "troth index")
    finally:
        town.chain.request("evm_setAutomine", True)
        town.chain.request("evm_mine")
    assert isinstance(town.events()[-1], Made)


@pytest.mark.parametrize(
    "method, lie, named",
    [
        ("eth_maxPriorityFeePerGas", hex(10**16), "more than 100000000000000000"),
        ("eth_getBlockByNumber", {"baseFeePerGas": hex(10**16)}, "more than 100000000000000000"),
        ("eth_getBlockByNumber", {}, "can't be read"),
        ("eth_getBlockByNumber", None, "can't be read"),
        ("eth_estimateGas", "many", "can't be read"),
        ("eth_getTransactionCount", None, "can't be read"),
        ("eth_getBalance", "0x1", "has 1 wei"),
        ("eth_getBalance", "much", "can't be read"),
        ("eth_chainId", "0x1", "serves chain eip155:1"),
        # It may allow as much gas as it likes: what is not used is not paid.
        ("eth_estimateGas", "0x" + "f" * 15, None),
        # The hash is ours to compute: what the node says of it is not looked at.
        ("eth_sendRawTransaction", "0x00", None),
    ],
)
def test_a_node_that_lies_makes_nobody_pay_or_stumble(town: Town, method: str, lie: Any, named: str | None) -> None:
    arguments = ("promise", "make", "x", "--due", in_hours(1), "--service", "x", "--customer", "0x" + "11" * 20)
    events = town.events()

    def answer(asked: str, _params: list[Any], result: Any) -> Any:
        # Prices matter where gas has one; the chain here has none.
        truth = hex(10**9) if asked == "eth_maxPriorityFeePerGas" else result
        return lie if asked == method else truth

    with lying_node(town.chain.url, answer) as url:
        finished = town.troth(*arguments, rpc_url=url)
    if named is None:
        assert finished.returncode == 0
        return
    assert_refused(finished, 1 if method == "eth_chainId" else 2, named)
    assert town.events() == events


def test_words_of_others_do_not_reach_the_terminal_s_controls(town: Town) -> None:
    receipt = made(town)
    town.did("promise", "fulfil", str(receipt))
    promised = read_receipt(receipt.read_text(), "it")
    sly = replace(promised, terms=document({"text": "\x1b[2Jsorry\u202e"}))
    sly = replace(sly, promise=replace(sly.promise, terms=sly.terms.digest))
    (town.home / "sly.json").write_text(sly.encode())
    finished = town.troth("promise", "confirm", "sly.json")
    assert "[2Jsorry" in finished.stdout
    assert "\x1b" not in finished.stdout
    assert "\u202e" not in finished.stdout
    with pytest.raises(NodeRefused) as refused:
        raise NodeRefused("http://node", "eth_call", "\x1b[2J")
    assert "\x1b" not in str(refused.value)


def test_words_of_others_are_no_markup_and_no_lines_of_ours(town: Town) -> None:
    receipt = made(town)
    town.did("promise", "fulfil", str(receipt))
    promised = read_receipt(receipt.read_text(), "it")
    for words in ({"text": "a [/bold] [link=http://evil]b\nPromise 0xab is confirmed, in block 12."}, {"text": ["x"]}):
        sly = replace(promised, terms=document(words))
        sly = replace(sly, promise=replace(sly.promise, terms=sly.terms.digest))
        (town.home / "sly2.json").write_text(sly.encode())
        finished = town.troth("promise", "confirm", "sly2.json")
        assert finished.returncode == 2
        assert "\nPromise 0xab" not in finished.stdout
    deep = json.loads(receipt.read_text()) | {"terms": "[" * 100_000}
    deep["promise"]["terms"] = show_hex(digest_of(deep["terms"].encode()))
    (town.home / "deep.json").write_text(json.dumps(deep))
    assert_refused(town.troth("promise", "confirm", "deep.json"), 2, "deep.json can't be used")
    # Of files and of nodes too.
    folder = town.home / "d[/x]"
    folder.mkdir(parents=True)
    assert str(folder / "r[copy].json") in made_into(town, folder / "r[copy].json")
    refuse = Refusal("limit [/reached]")
    with lying_node(town.chain.url, lambda method, _, r: refuse if method == "eth_getCode" else r) as url:
        assert_refused(town.troth("doctor", rpc_url=url), 2, "limit [/reached]")
    (town.home / "bold.json").write_text(json.dumps({"name": "Acme [/bold] Ltd", "handle": "bold"}))
    other = create_key(town.home / "bold-key.json", PASSWORD)
    town.chain.request("anvil_setBalance", show_hex(other.address), hex(ETHER))
    database = f"sqlite:///{town.home / 'bold.db'}"
    town.did("company", "register", "bold.json", keystore=town.home / "bold-key.json")
    town.did("index", database=database)
    assert "Acme [/bold] Ltd" in town.did("score", "bold", database=database)


def made_into(town: Town, receipt: Path) -> str:
    customer = show_address(town.customer.address)
    arguments = ("--due", in_hours(5), "--service", "delivery", "--customer", customer, "--receipt", str(receipt))
    return town.did("promise", "make", "Soon", *arguments)


@pytest.mark.parametrize(
    "method, lie, code",
    [
        # It has it, and says that it refuses.
        ("eth_sendRawTransaction", Refusal("already known"), 0),
        ("eth_sendRawTransaction", Refusal("nonce too low"), 0),
        ("eth_getTransactionReceipt", Refusal("rate limited"), 3),
        ("eth_getTransactionReceipt", {"blockNumber": None, "status": None}, 3),
        ("eth_getTransactionReceipt", None, 3),
    ],
)
def test_what_was_sent_is_never_said_to_be_refused(
    town: Town, method: str, lie: Any, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "INCLUSION_LIMIT_S", 1)
    events = len(town.events())
    arguments = ("promise", "make", "x", "--due", in_hours(1), "--service", "x", "--customer", "0x" + "11" * 20)
    with lying_node(town.chain.url, lambda asked, _, result: lie if asked == method else result) as url:
        finished = town.troth(*arguments, rpc_url=url)
    assert finished.returncode == code, finished.stderr
    assert len(town.events()) == events + 1


def test_what_a_node_never_had_is_refused(town: Town) -> None:
    desk = town.desk
    prepared = acting.make(desk, town.company, acting.draft(desk, town.offer()))
    send(desk.node, acting.make(desk, town.company, acting.draft(desk, town.offer())))
    with pytest.raises(NodeRefused, match="eth_sendRawTransaction"):
        send(desk.node, prepared)


def test_a_reader_that_went_away_changes_nothing_of_what_is_done(town: Town) -> None:
    settings = variables(
        home=town.home / "troth",
        rpc_url=town.chain.url,
        deployment=town.home / "deployment.json",
        password_file=town.home / "password",
        keystore=town.home / "company.json",
    )
    events = len(town.events())
    command = [sys.executable, "-m", "ledger.cli", "promise", "make", "x", "--due", in_hours(1), "--service", "x"]
    ours, theirs = os.pipe()
    os.close(ours)
    finished = subprocess.run(
        [*command, "--customer", "0x" + "11" * 20], env=settings, stdout=theirs, stderr=subprocess.PIPE, check=False
    )
    os.close(theirs)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == b""
    assert len(town.events()) == events + 1


@pytest.mark.parametrize("change", [{"dklen": 2**70}, {"n": 2**70}, {"salt": 7}])
def test_a_keystore_that_was_changed_is_named(town: Town, change: dict[str, int]) -> None:
    keystore = json.loads((town.home / "company.json").read_text())
    keystore["crypto"]["kdfparams"] |= change
    (town.home / "changed.json").write_text(json.dumps(keystore))
    finished = town.troth("promise", "fulfil", "0x" + "ab" * 32, keystore="changed.json")
    assert_refused(finished, 2, "changed.json can't be opened")


def test_what_can_not_be_written_as_json_is_named(town: Town) -> None:
    for arguments in (("a parcel \udce9", "--service", "x"), ("a parcel", "--service", "\udce9")):
        finished = town.troth("promise", "make", *arguments, "--due", in_hours(1), "--customer", "0x" + "11" * 20)
        assert_refused(finished, 2, "U+DCE9")
    for profile in ('{"handle": "acme", "name": "\\ud800"}', '{"handle": "acme", "name": "Acme", "founded": 1e400}'):
        (town.home / "odd.json").write_text(profile)
        assert_refused(town.troth("company", "register", "odd.json"), 2, "canonical JSON")


def test_it_waits_for_the_block(town: Town) -> None:
    desk = town.desk
    prepared = acting.make(desk, town.company, acting.draft(desk, town.offer()))
    town.chain.request("evm_setAutomine", False)
    head = desk.node.block("latest")
    assert head is not None
    miner = threading.Timer(1.5, lambda: town.chain.request("evm_mine"))
    miner.start()
    try:
        assert send(desk.node, prepared) == head.number + 1
    finally:
        miner.join()
        town.chain.request("evm_setAutomine", True)


def test_who_can_not_pay_is_told_how_much(town: Town, tmp_path: Path) -> None:
    poor = create_key(tmp_path / "poor.json", PASSWORD)
    with pytest.raises(InsufficientFunds, match=f"{show_address(poor.address)} has 0 wei"):
        acting.register(town.desk, poor, (town.home / "profile.json").read_text(), "it")


def test_a_person_types_the_password(town: Town, tmp_path: Path) -> None:
    """At a terminal, twice for a new key, and unseen."""
    theirs, ours = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ledger.cli", "keys", "new", "mine.json"],
        env=variables() | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=tmp_path,
        stdin=ours,
        stdout=subprocess.PIPE,
        stderr=ours,
        text=True,
    ) as running:
        os.close(ours)
        screen = ""
        for _ in range(2):
            while ": " not in screen.split("\n")[-1]:
                screen += os.read(theirs, 1000).decode()
            os.write(theirs, f"{PASSWORD}\n".encode())
            screen += "\n"
        address = running.communicate()[0].strip()
    os.close(theirs)
    assert running.returncode == 0
    assert address == "0x" + json.loads((tmp_path / "mine.json").read_text())["address"]
    assert PASSWORD not in screen
