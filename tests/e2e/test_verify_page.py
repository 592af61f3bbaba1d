"""The page that verifies, in a real browser: what is true is verified, and every lie is refused for what it is."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ledger.chain.anvil import LocalChain
from ledger.chain.contract import code_hash, created_address
from ledger.chain.node import Node
from ledger.documents import Document, document
from ledger.proofs.bundles import MOST_BYTES, Bundle, ReceiptBundle, ScoreBundle, encode_bundle, read_bundle
from ledger.proofs.verification import Ledger
from ledger.scoring.policy import PUBLISHED, Policy
from ledger.services.proving import ledger_of
from ledger.units import digest_of, show_address, show_hex
from tests.e2e.test_pages import base, browser
from tests.integration.test_acting import Town, made, town
from tests.integration.test_proving import anchored as anchored_in
from tests.support.attacks import (
    ATTACKS,
    COUNTERSIGNED,
    HISTORY,
    KNOWN,
    LEDGER,
    LIE,
    POLICY,
    RECEIPT,
    RECEIPT_ATTACKS,
    SENDER,
    TRUE,
    UNREADABLE,
    a_bundle,
    a_receipt_bundle,
    bomb,
    held,
)
from tests.support.build import COMPANY, History, a_promise
from tests.support.chain import Refusal, free_port, lying_node, serving
from tests.support.verifier import PAGE, Visitor, build_page, pins_of

__all__ = ["base", "browser", "town"]

VIEWS = [(1200, "light"), (1200, "dark"), (390, "light"), (390, "dark"), (320, "light")]


def file_of(bundle: Bundle) -> tuple[bytes, str]:
    """A bundle as a file, and the hash of its block."""
    basis = bundle.state if isinstance(bundle, ReceiptBundle) else bundle.basis
    return encode_bundle(bundle)[1], show_hex(digest_of(basis.header))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Ledger], str]:
    """Where the page for a ledger is, on the disk."""
    folder, pages = tmp_path_factory.mktemp("pages"), dict[Ledger, str]()

    def page_for(ledger: Ledger) -> str:
        if ledger not in pages:
            pages[ledger] = build_page(folder / f"{len(pages)}.html", ledger, [POLICY]).as_uri()
        return pages[ledger]

    return page_for


@dataclass(frozen=True)
class Tab:
    """A page that many tests use one after the other, and what the browser said of it."""

    page: Page
    complaints: list[str]

    def note_foreign(self, url: str) -> None:
        if not url.startswith(("file:", "http://127.0.0.1:", "about:")):
            self.complaints.append(url)


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    context = browser.new_context()
    tab = Tab(context.new_page(), [])
    tab.page.set_default_timeout(10_000)
    tab.page.on("console", lambda message: tab.complaints.append(message.text))
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.page.on("request", lambda request: tab.note_foreign(request.url))
    yield tab
    context.close()


@pytest.fixture
def complaints(tab: Tab) -> list[str]:
    """What the browser said while a test ran: nothing, unless the test takes it away."""
    tab.complaints.clear()
    return tab.complaints


@pytest.fixture
def page(tab: Tab, complaints: list[str]) -> Iterator[Page]:
    tab.page.goto("about:blank")
    yield tab.page
    assert complaints == []


@pytest.fixture
def visitor(page: Page, built: Callable[[Ledger], str]) -> Visitor:
    page.goto(built(LEDGER))
    return Visitor(page)


# ── from a block's hash ──


def test_a_true_score_is_verified_from_its_block_s_hash(visitor: Visitor) -> None:
    file, block_hash = file_of(a_bundle(HISTORY, LIE))
    verdict, words = visitor.check(file, block_hash=block_hash)
    assert verdict == "Verified"
    for said in ("40 due", "36 kept", "0 late", "4 broken", "Fairness between groups of customers not enough evidence"):
        assert said in words
    assert "thin evidence" in words
    assert show_address(COMPANY) in words
    assert f"Put on the chain by {show_address(SENDER)}" in words
    assert "A local test chain proves nothing to anybody but its owner." in words
    assert "no node was asked" in words
    expect(visitor.page.locator(".checks li")).to_have_count(8)
    expect(visitor.page.locator(".checks li.verified")).to_have_count(8)


def test_a_true_score_without_an_anchor_names_nobody_who_anchored(visitor: Visitor) -> None:
    file, block_hash = file_of(replace(a_bundle(HISTORY, LIE), basis=held(LIE.head)))
    verdict, words = visitor.check(file, block_hash=block_hash)
    assert verdict == "Verified"
    assert "Put on the chain by" not in words
    assert "held the end of this very history" in words


def test_what_became_of_a_promise_is_verified_from_its_block_s_hash(visitor: Visitor) -> None:
    file, block_hash = file_of(a_receipt_bundle())
    verdict, words = visitor.check(file, block_hash=block_hash)
    assert verdict == "Verified"
    assert "Done in time, and confirmed by the arbiter." in words
    assert "In time yes" in words
    file, block_hash = file_of(a_receipt_bundle(flags=COUNTERSIGNED, receipt=KNOWN))
    _, words = visitor.check(file, block_hash=block_hash)
    assert "Done in time, and confirmed by the customer." in words
    assert "Countersigned by the customer" in words


def test_only_whoever_gave_a_block_s_hash_can_say_of_which_chain_a_promise_is(visitor: Visitor) -> None:
    """A promise's state binds no chain, and its receipt can be rewritten."""
    elsewhere = replace(RECEIPT, ledger=LEDGER.account.replace("31337", "1"))
    file, block_hash = file_of(replace(a_receipt_bundle(), receipt=elsewhere))
    _, words = visitor.check(file, block_hash=block_hash)
    assert "The file says that this is on Ethereum: whoever gave you the block’s hash has to say so, too." in words


@pytest.mark.parametrize(
    "build, why",
    [*ATTACKS.values(), *RECEIPT_ATTACKS.values()],
    ids=[*ATTACKS, *(f"receipt: {attack}" for attack in RECEIPT_ATTACKS)],
)
def test_an_attack_does_not_hold_for_the_reason_that_python_gives(
    visitor: Visitor, build: Callable[[], Bundle], why: str
) -> None:
    file, block_hash = file_of(build())
    verdict, words = visitor.check(file, block_hash=block_hash)
    assert verdict == "It does not hold"
    assert re.search(why, words, re.IGNORECASE), words
    expect(visitor.page.locator(".checks li.differs")).to_have_count(1)


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_is_no_bundle_could_not_be_checked(visitor: Visitor, what: str) -> None:
    content, why = UNREADABLE[what]
    verdict, words = visitor.check(content)
    assert verdict == "Could not check"
    assert re.search(f"The file can’t be read: .*({why})", words), words


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"version":1,', b'"version":1,"version":1,', 1),
        lambda text: text.replace(b'"transaction":1,', b'"transaction":1.0,', 1),
        lambda text: text.replace(b'"transaction":1,', b'"transaction":1e0,', 1),
        lambda text: text.replace(b'"log":0,', b'"log":-0,', 1),
        lambda text: text.replace(b'"version":1,', b'"version":1,"__proto__":{},', 1),
        lambda text: b"\xef\xbb\xbf" + text,
    ],
    ids=["a name twice", "1.0", "1e0", "-0", "__proto__", "a mark of the byte order"],
)
def test_what_two_readers_might_take_for_two_things_is_refused(
    visitor: Visitor, change: Callable[[bytes], bytes]
) -> None:
    text = gzip.decompress(TRUE)
    assert change(text) != text
    verdict, words = visitor.check(gzip.compress(change(text)))
    assert verdict == "Could not check"
    assert "The file can’t be read" in words


def test_a_file_or_its_content_that_is_too_large_is_refused(visitor: Visitor, tmp_path: Path) -> None:
    large = tmp_path / "large.gz"
    large.write_bytes(b"\x1f\x8b" + bytes(50 * 1024 * 1024))
    for file in (large, bomb(50 * 1024 * 1024), bomb(MOST_BYTES + 1)):
        verdict, words = visitor.check(file)
        assert verdict == "Could not check"
        assert "more than 33,554,432 bytes" in words


def test_another_block_s_hash_does_not_hold(visitor: Visitor) -> None:
    verdict, words = visitor.check(TRUE, block_hash="0x" + "ab" * 32)
    assert verdict == "It does not hold"
    assert "has the hash 0x" in words
    assert "not 0xabab" in words


@pytest.mark.parametrize(
    "file, nodes, block_hash, why",
    [
        (TRUE, (), "", "nobody was asked whether its block 5 is on the chain"),
        (TRUE, (), "0x12", "What you entered is no block’s hash"),
        (TRUE, ("ftp://node.example",), "", "is no address that can be asked"),
        (TRUE, ("http://node.example",), "", "is no address that can be asked"),
        (TRUE, ("javascript:alert(1)",), "", "is no address that can be asked"),
    ],
    ids=["nobody", "no hash", "ftp", "http", "javascript"],
)
def test_who_gives_too_little_is_told_what_to_do(
    visitor: Visitor, file: bytes, nodes: tuple[str, ...], block_hash: str, why: str
) -> None:
    verdict, words = visitor.check(file, nodes, block_hash)
    assert verdict == "Could not check"
    assert why in words


def test_nothing_to_check_is_no_verdict(visitor: Visitor) -> None:
    assert visitor.verify()[0] == "Could not check"
    assert "Choose a file, or enter a link to one" in visitor.page.locator("#verdict").inner_text()


def test_the_committed_page_means_the_published_ledger() -> None:
    ledger = Ledger("", 0, created_address(), code_hash())
    for name, value in pins_of(ledger, list(map(Policy.named, PUBLISHED))).items():
        for said in value if isinstance(value, dict) else [value]:
            assert said in PAGE.read_text(), name


def test_the_gateway_serves_the_committed_page_and_lets_it_run(page: Page, base: str) -> None:
    page.goto(f"{base}/verify.html")
    verdict, words = Visitor(page).check(TRUE, block_hash="0x" + "ab" * 32)
    assert verdict == "It does not hold"
    assert f"not {show_address(created_address())}" in words
    page.goto("about:blank")
    assert page.request.get(f"{base}/verify.html").text() == PAGE.read_text()


# ── links ──


def test_a_link_is_loaded_from_where_the_page_is(page: Page, built: Callable[[Ledger], str], tmp_path: Path) -> None:
    file, block_hash = file_of(a_bundle(HISTORY, LIE))
    (tmp_path / "score.gz").write_bytes(file)
    (tmp_path / "verify.html").write_text(Path(built(LEDGER).removeprefix("file://")).read_text())

    class Files(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, directory=str(tmp_path), **more)

        def log_message(self, *_args: Any) -> None:
            pass

    with serving(Files) as url:
        page.goto(f"{url}/verify.html#bundle=score.gz")
        expect(page.get_by_label("Or a link to one")).to_have_value("score.gz")
        assert Visitor(page).verify(block_hash=block_hash)[0] == "Verified"
        page.get_by_label("Or a link to one").fill(f"{url}/score.gz")
        assert Visitor(page).verify(block_hash=block_hash)[0] == "Verified"


@pytest.mark.parametrize("link", ["http://other.example/score.gz", "file:///etc/hostname", "data:,x", "score.gz"])
def test_a_link_to_where_somebody_may_listen_is_not_loaded(
    page: Page, built: Callable[[Ledger], str], link: str
) -> None:
    page.goto(f"{built(LEDGER)}#bundle={link}")
    verdict, words = Visitor(page).verify()
    assert verdict == "Could not check"
    assert "is no address that can be asked" in words


@dataclass
class Slow:
    """A server that sends a file piece by piece, each when it is let."""

    length: int
    """As it says."""
    let: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    is_over: threading.Event = field(default_factory=threading.Event)
    piece: int = 1_200_000

    @property
    def handler(self) -> type[BaseHTTPRequestHandler]:
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                if slow.length:
                    self.send_header("Content-Length", str(slow.length))
                self.end_headers()
                while slow.let.acquire() and not slow.is_over.is_set():
                    self.wfile.write(bytes(slow.piece))
                    self.wfile.flush()
                self.close_connection = True

            def log_message(self, *_args: Any) -> None:
                pass

        return Handler

    def end(self) -> None:
        self.is_over.set()
        self.let.release()


@pytest.fixture
def patient(browser: Browser, built: Callable[[Ledger], str]) -> Iterator[Page]:
    """A page whose clock a test may put forward."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.clock.install()
    page.goto(built(LEDGER))
    yield page
    context.close()


def test_a_link_s_loading_is_shown_and_can_be_stopped(patient: Page) -> None:
    slow = Slow(5_000_000)
    with serving(slow.handler) as url:
        patient.get_by_label("Or a link to one").fill(f"{url}/score.gz")
        patient.get_by_role("button", name="Verify").press("Enter")
        expect(patient.locator("#verdict")).to_have_text(f"Loading the file from {url.removeprefix('http://')} …")
        slow.let.release()
        expect(patient.locator("#found")).to_contain_text("1.2 MB of 5.0 MB")
        slow.let.release()
        expect(patient.locator("#found")).to_contain_text("2.4 MB of 5.0 MB")
        bar = patient.get_by_role("progressbar", name="Loaded")
        assert bar.evaluate("bar => bar.value / bar.max") == 0.48
        patient.keyboard.press("Tab")
        patient.keyboard.press("Enter")
        expect(patient.locator(".verdict h2")).to_have_text("Could not check")
        expect(patient.locator(".verdict")).to_have_text(re.compile("You stopped it. ?Press Verify to begin anew"))
        slow.end()


def test_how_far_a_link_s_loading_is_can_be_said_without_its_length(patient: Page) -> None:
    slow = Slow(0)
    with serving(slow.handler) as url:
        patient.get_by_label("Or a link to one").fill(f"{url}/score.gz")
        patient.get_by_role("button", name="Verify").click()
        slow.let.release()
        expect(patient.locator("#found")).to_contain_text("1.2 MB")
        expect(patient.get_by_role("progressbar")).to_be_hidden()
        slow.end()
        expect(patient.locator(".verdict")).to_contain_text("it is not a gzip file")


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_link_s_server_that_falls_silent_is_given_up(patient: Page, pieces: int) -> None:
    slow = Slow(5_000_000)
    with serving(slow.handler) as url:
        patient.get_by_label("Or a link to one").fill(f"{url}/score.gz")
        patient.get_by_role("button", name="Verify").click()
        for _ in range(pieces):
            slow.let.release()
            expect(patient.locator("#found")).to_contain_text("1.2 MB of 5.0 MB")
        expect(patient.get_by_role("button", name="Stop")).to_be_visible()
        patient.clock.fast_forward(21_000)
        expect(patient.locator(".verdict h2")).to_have_text("Could not check")
        expect(patient.locator(".verdict")).to_contain_text("it has sent nothing for 20 seconds")
        expect(patient.locator(".verdict")).to_contain_text("Load it by itself, and choose it here as a file")
        slow.end()


def test_a_link_s_server_that_never_ends_is_given_up(patient: Page) -> None:
    slow = Slow(30_000_000, piece=100_000)
    with serving(slow.handler) as url:
        patient.get_by_label("Or a link to one").fill(f"{url}/score.gz")
        patient.get_by_role("button", name="Verify").click()
        for piece in range(1, 41):
            slow.let.release()
            expect(patient.locator("#found")).to_contain_text(f"{piece / 10:.1f} MB of 30.0 MB")
            patient.clock.fast_forward(15_000)
        expect(patient.locator(".verdict")).to_contain_text("it takes longer than 10 minutes")
        slow.end()


def test_a_link_to_nothing_says_what_its_server_says(patient: Page) -> None:
    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with serving(Nothing) as url:
        patient.get_by_label("Or a link to one").fill(f"{url}/score.gz")
        patient.get_by_role("button", name="Verify").click()
        expect(patient.locator(".verdict")).to_contain_text("it answers with the status 404")


def test_waiting_for_nodes_can_be_stopped(patient: Page) -> None:
    is_over = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            is_over.wait()

        def log_message(self, *_args: Any) -> None:
            pass

    with serving(Silent) as url:
        patient.get_by_label("A file that you were given").set_input_files(
            {"name": "proof.json.gz", "mimeType": "application/gzip", "buffer": TRUE}
        )
        patient.get_by_label("Addresses of Ethereum nodes").fill(url)
        patient.get_by_role("button", name="Verify").click()
        expect(patient.locator("#verdict")).to_contain_text("Asking whether its block is on the chain …")
        patient.get_by_role("button", name="Stop").click()
        expect(patient.locator(".verdict")).to_contain_text("You stopped it.")
        is_over.set()


# ── by nodes ──


@pytest.fixture(scope="module")
def proof(town: Town) -> Path:
    """A company's anchored score."""
    return anchored_in(town, "page.gz")


@pytest.fixture
def town_s_visitor(page: Page, built: Callable[[Ledger], str], town: Town) -> Visitor:
    page.goto(built(ledger_of(town.deployment)))
    return Visitor(page)


def test_nodes_say_whether_a_score_is_verified_and_whether_it_is_still_so(town: Town, town_s_visitor: Visitor) -> None:
    path = anchored_in(town, "page-now.gz")
    verdict, words = town_s_visitor.check(path, [town.chain.url])
    assert verdict == "Verified"
    assert "The company has done nothing since." in words
    assert "Not yet due then: " in words
    assert "One node has it: your own computer." in words
    assert "of a local test chain, by the word of your own computer." in words
    assert "the company itself" in words
    receipt = made(town)
    assert "The company has acted since." in town_s_visitor.check(path, [town.chain.url])[1]
    proof = town.home / "page-receipt.gz"
    town.did("prove", str(receipt), "--out", str(proof))
    verdict, words = town_s_visitor.check(proof, [town.chain.url])
    assert verdict == "Verified"
    assert "Your parcel is there" in words
    assert "Not done yet, and not yet due." in words


@contextmanager
def reached_as(page: Page, chain: LocalChain, *urls: str) -> Iterator[None]:
    """A chain's node under other addresses."""

    def answer(route: Route) -> None:
        asked = Request(chain.url, route.request.post_data_buffer, {"Content-Type": "application/json"})
        with urlopen(asked) as response:
            said = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
            route.fulfill(status=200, headers=said, body=response.read())

    for url in urls:
        page.route(url, answer)
    yield
    page.unroute_all()


@pytest.mark.parametrize(
    "others, said",
    [
        (["http://localhost:{port}/"], "One node has it: your own computer. You entered 2 different addresses"),
        (
            ["http://LOCALHOST:{port}", "http://127.0.0.1:{port}/?b"],
            "You entered 3 different addresses",
        ),
        (
            ["https://ONE.example:443", "https://one.example/", "https://one.example/a"],
            "All 2 nodes have it: your own computer, one.example. You entered 3 different addresses: those of one host",
        ),
        (
            ["https://one.example", "https://one.example./"],
            "All 2 nodes have it: your own computer, one.example. You entered",
        ),
        (
            ["https://one.example/", "https://two.example/"],
            "All 3 nodes have it: your own computer, one.example, two.example.",
        ),
    ],
    ids=["names of this computer", "its paths", "a host's paths", "a dot at the end", "other hosts"],
)
def test_only_nodes_of_different_hosts_count_as_several(
    town: Town, proof: Path, town_s_visitor: Visitor, complaints: list[str], others: Sequence[str], said: str
) -> None:
    port = town.chain.url.rpartition(":")[2]
    with reached_as(town_s_visitor.page, town.chain, "https://one.example*/**", "https://two.example/**"):
        nodes = [town.chain.url, *(other.replace("{port}", port) for other in others)]
        verdict, words = town_s_visitor.check(proof, nodes)
    assert verdict == "Verified"
    assert said in words
    assert ("You entered" in words) == ("You entered" in said)
    # The page asked whom it was told to ask.
    assert all(url.startswith(("https://one.example", "https://two.example", "http://localhost")) for url in complaints)
    complaints.clear()


def test_a_hash_and_nodes_have_to_agree_where_both_are_given(
    town: Town, proof: Path, town_s_visitor: Visitor, complaints: list[str]
) -> None:
    _, block_hash = file_of(read_bundle(proof.read_bytes())[1])
    verdict, words = town_s_visitor.check(proof, [town.chain.url], block_hash)
    assert verdict == "Verified"
    assert "It has the hash that you entered, and one node has it: your own computer." in words
    assert "by the word of whoever gave you its hash, and of your own computer." in words
    assert "The company has" in words
    other = Node(town.chain.url).request("eth_getBlockByNumber", "0x1", False)
    with lying_node(town.chain.url, lies_of(other)["another block"].answer) as liar:
        verdict, words = town_s_visitor.check(proof, [liar], block_hash)
    assert verdict == "It does not hold"
    verdict, words = town_s_visitor.check(proof, [town.chain.url], "0x" + "ab" * 32)
    assert verdict == "It does not hold"
    dead = f"http://127.0.0.1:{free_port()}"
    verdict, words = town_s_visitor.check(proof, [dead], block_hash)
    assert verdict == "Could not check"
    assert "to rely on that alone, take the nodes away" in words
    complaints.clear()


def test_a_node_s_key_is_shown_to_nobody(
    town: Town, proof: Path, town_s_visitor: Visitor, complaints: list[str]
) -> None:
    """People show what they see to others; providers put their keys into the path and the query."""
    other = Node(town.chain.url).request("eth_getBlockByNumber", "0x1", False)
    keys = "/v2/s3cretpath?apikey=s3cretquery"
    dead = f"http://127.0.0.1:{free_port()}"
    chatty = Lie("eth_call", lambda said: Refusal(f"no plan for {keys}: s3cretquery"), "", "")
    for lie in [*lies_of(other).values(), chatty]:
        with lying_node(town.chain.url, lie.answer) as liar:
            for nodes in ([liar + keys], [town.chain.url, liar + keys]):
                verdict, words = town_s_visitor.check(proof, nodes)
                assert verdict != "Verified"
                assert "s3cret" not in words
    verdict, words = town_s_visitor.check(proof, [dead + keys])
    assert f"No node answers at {dead}/…" in words
    assert "s3cret" not in words
    for url in (f"http://node.example{keys}", f"node.example{keys}", f"https://name:s3cretword@node.example{keys}"):
        verdict, words = town_s_visitor.check(proof, [url])
        assert verdict == "Could not check"
        assert "node.example" in words
        assert "s3cret" not in words
    complaints.clear()


def test_a_score_proven_by_the_contract_s_head_is_verified_by_nodes(town: Town, town_s_visitor: Visitor) -> None:
    made(town)
    town.did("index")
    path = town.home / "page-state.gz"
    town.did("prove", "acme", "--out", str(path))
    assert town_s_visitor.check(path, [town.chain.url])[0] == "Verified"


@dataclass(frozen=True)
class Lie:
    """How a node answers one question, and what comes of asking it alone, and beside a true one."""

    method: str
    change: Callable[[Any], Any]
    alone: str
    together: str

    def answer(self, method: str, params: list[Any], result: Any) -> Any:
        return self.change(result) if method == self.method else result


def lies_of(other: dict[str, Any]) -> dict[str, Lie]:
    """What a node may say that is not so; `other` is another block."""
    block, code = "eth_getBlockByNumber", "eth_getCode"
    differs, unknown = "It does not hold", "Could not check"
    return {
        "another block": Lie(block, lambda said: other | {"number": said["number"]}, differs, "disagree about block"),
        "no such block": Lie(block, lambda said: None, unknown, "has no block"),
        "another chain": Lie("eth_chainId", lambda said: "0x1", unknown, "serves chain 1"),
        "other code": Lie(code, lambda said: f"{said}00", differs, "disagree about the code"),
        "no code": Lie(code, lambda said: "0x", differs, "disagree about the code"),
        "nonsense": Lie(code, lambda said: [said], unknown, "make no sense"),
        "an error": Lie("eth_call", lambda said: Refusal("no such state"), unknown, "refuses eth_call: no such state"),
    }


def test_a_node_that_lies_verifies_nothing(town: Town, proof: Path, town_s_visitor: Visitor) -> None:
    other = Node(town.chain.url).request("eth_getBlockByNumber", "0x1", False)
    for name, lie in lies_of(other).items():
        with lying_node(town.chain.url, lie.answer) as liar:
            assert town_s_visitor.check(proof, [liar])[0] == lie.alone, name
            verdict, words = town_s_visitor.check(proof, [town.chain.url, liar])
            assert verdict == "Could not check", name
            assert lie.together in words, name
            assert liar.removeprefix("http://") in words, name


def test_a_node_that_is_dead_is_named(town: Town, proof: Path, town_s_visitor: Visitor, complaints: list[str]) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    verdict, words = town_s_visitor.check(proof, [town.chain.url, dead])
    assert verdict == "Could not check"
    assert f"No node answers at {dead}" in words
    # The browser's own line for each request.
    assert set(complaints) == {"Failed to load resource: net::ERR_CONNECTION_REFUSED"}
    complaints.clear()


def test_a_gateway_that_serves_false_scores_is_caught(town: Town, proof: Path, town_s_visitor: Visitor) -> None:
    _, bundle = read_bundle(proof.read_bytes())
    assert isinstance(bundle, ScoreBundle)
    false = bundle.statement | {"figures": bundle.statement["figures"] | {"floor": 999_999}}
    verdict, words = town_s_visitor.check(encode_bundle(replace(bundle, statement=false))[1], [town.chain.url])
    assert verdict == "It does not hold"
    assert "is anchored" in words


# ── how it looks ──


@pytest.mark.parametrize("width, scheme", VIEWS)
def test_it_can_be_read_by_everybody(browser: Browser, built: Callable[[Ledger], str], width: int, scheme: Any) -> None:
    """Nothing is cut off at the side, and every text stands out from what is behind it (WCAG 2.2, 1.4.3 and 1.4.10)."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(built(LEDGER))
    file, block_hash = file_of(a_bundle(HISTORY, LIE))
    promise, its_hash = file_of(a_receipt_bundle())
    for given, hash_, wanted in (
        (file, block_hash, "Verified"),
        (promise, its_hash, "Verified"),
        (file, "0x" + "ab" * 32, "It does not hold"),
        (b"", "0x" + "ab" * 32, "Could not check"),
    ):
        assert Visitor(page).check(given, block_hash=hash_)[0] == wanted
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.evaluate(FAINT) == []
    context.close()


FAINT = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parse(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (parse(colour)[3] !== 0) return colour;
    }
  };
  const hasText = (node) => [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
  const shown = [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility() && hasText(node));
  return shown.map((node) => {
    const [most, least] = [getComputedStyle(node).color, behind(node)].map(light).sort((a, b) => b - a);
    return [node.outerHTML.slice(0, 80), (most + 0.05) / (least + 0.05)];
  }).filter(([, contrast]) => contrast < 4.5);
}"""


def test_it_is_used_by_keys_alone_and_says_its_verdict_aloud(visitor: Visitor) -> None:
    file, block_hash = file_of(a_bundle(HISTORY, LIE))
    visitor.check(file, block_hash=block_hash)
    page = visitor.page
    page.get_by_label("The block’s hash", exact=True).press("Enter")
    verdict = page.locator("#verdict[aria-live=polite] h2")
    expect(verdict).to_have_text("Verified")
    expect(verdict).to_be_focused()
    expect(verdict).to_be_in_viewport()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Verify")).to_be_focused()
    page.locator("#file").focus()
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached == ["link", "nodes", "SUMMARY", "hash", "verify"]
    for control in page.locator("input, textarea, button").all():
        assert control.evaluate("node => node.labels?.length > 0 || node.textContent.trim() !== ''")


WITHOUT = {
    "scripts": None,
    "gzip": "delete globalThis.DecompressionStream",
    "URL.canParse": "delete URL.canParse",
    "AbortSignal.any": "delete AbortSignal.any",
    "isWellFormed": "delete String.prototype.isWellFormed",
}


@pytest.mark.parametrize("what", WITHOUT)
def test_it_says_what_it_needs_where_it_can_t_run(browser: Browser, what: str) -> None:
    change = WITHOUT[what]
    context = browser.new_context(java_script_enabled=change is not None)
    if change:
        context.add_init_script(change)
    page = context.new_page()
    page.goto(PAGE.as_uri())
    expect(page.get_by_text("it needs JavaScript, and a browser of 2024 or later")).to_be_visible()
    expect(page.get_by_role("button", name="Verify")).to_be_hidden()
    context.close()


def test_a_browser_that_can_t_read_its_script_shows_what_it_needs(browser: Browser, tmp_path: Path) -> None:
    """As an old one can't: its Content-Security-Policy lets no other script run, whatever that is."""
    broken = tmp_path / "verify.html"
    broken.write_text(PAGE.read_text().replace("<script>", "<script>?;"))
    context = browser.new_context()
    page = context.new_page()
    page.goto(broken.as_uri())
    expect(page.get_by_text("it needs JavaScript, and a browser of 2024 or later")).to_be_visible()
    context.close()


def test_it_does_not_speak_of_needs_where_it_runs(visitor: Visitor) -> None:
    expect(visitor.page.locator("#needs")).to_be_hidden()
    expect(visitor.page.get_by_role("button", name="Verify")).to_be_visible()


def test_nothing_on_it_moves_by_itself(browser: Browser, built: Callable[[Ledger], str]) -> None:
    """So nobody has to ask for less (`prefers-reduced-motion`)."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(built(LEDGER))
    file, block_hash = file_of(a_bundle(HISTORY, LIE))
    assert Visitor(page).check(file, block_hash=block_hash)[0] == "Verified"
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    for style in ("transition", "animation", "scroll-behavior"):
        assert style not in PAGE.read_text().partition("</style>")[0]
    context.close()


def test_it_keeps_nothing(visitor: Visitor) -> None:
    file, block_hash = file_of(a_bundle(HISTORY, LIE))
    visitor.check(file, block_hash=block_hash)
    page = visitor.page
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.reload()
    expect(page.get_by_label("The block’s hash", exact=True)).to_have_value("")


def called(name: str, **more: object) -> ScoreBundle:
    """A bundle of a company that calls itself so."""
    history = History()
    history.register(document({"handle": "acme", "name": name, **more}))
    history.make(a_promise())
    return a_bundle(history.events)


def test_a_company_is_called_what_it_calls_itself_and_nothing_more_is_said(visitor: Visitor) -> None:
    file, block_hash = file_of(called("Acme & Söhne", notice="We are not here."))
    _, words = visitor.check(file, block_hash=block_hash)
    assert (
        "The figures below follow from all that the company that calls itself “Acme & Söhne” (domain not proven)"
        " recorded up to 23 Jan 2013, 13:00 UTC: nothing is left out. They do not say what came later" in words
    )
    assert f"{show_address(COMPANY)} calls itself “Acme & Söhne”: domain not proven." in words
    assert "It tells every reader “We are not here.”" in words


def test_what_a_company_said_last_of_itself_counts(visitor: Visitor) -> None:
    history = History()
    history.register()
    history.make(a_promise())
    history.register(document({"handle": "acme", "name": "Newer"}))
    file, block_hash = file_of(a_bundle(history.events))
    assert "calls itself “Newer”" in visitor.check(file, block_hash=block_hash)[1]
    history.register(Document(history.events[0].profile, b"{}"))  # type: ignore[attr-defined]
    file, block_hash = file_of(a_bundle(history.events))
    _, words = visitor.check(file, block_hash=block_hash)
    assert f"all that the company {show_address(COMPANY)} recorded" in words
    assert "calls itself" not in words


@pytest.mark.parametrize(
    "name, shown",
    [
        ("<img src=x onerror=alert(1)><b>x</b>", "<img src=x onerror=alert(1)><b>x</b>"),
        ("Acme” (domain proven). “Verified", "Acme' (domain proven). 'Verified"),
        ("A\u3164\u115f\u2800\u034fB", "A B"),
        ("شرکت\u200cها", "شرکت\u200cها"),
        ("H" + "\u0336\u0310" * 39, "H" + "\u0336\u0310" * 39),
        ("W" * 80, "W" * 80),
        ("Verified\u202egnp", None),
        ("Ac\u200bme", None),
        ("\u2066Acme\u2069", None),
        ("A\ncme", None),
        ("A\u00a0cme", None),
        ("\u3164\u115f", None),
    ],
)
def test_a_company_s_name_can_t_pass_for_words_of_the_page(visitor: Visitor, name: str, shown: str | None) -> None:
    file, block_hash = file_of(called(name))
    visitor.page.set_viewport_size({"width": 360, "height": 800})
    verdict, words = visitor.check(file, block_hash=block_hash)
    assert verdict == "Verified"
    names = visitor.page.locator("#result bdi")
    if shown is None:
        expect(names).to_have_count(0)
        assert f"all that the company {show_address(COMPANY)} recorded" in words
    else:
        assert [re.sub(" +", " ", each) for each in names.all_text_contents()] == [shown] * 2
        # It stays in its frame, whichever way its letters run and however many are heaped up.
        assert names.evaluate_all("all => all.every(each => getComputedStyle(each).overflow === 'hidden')")
    assert visitor.page.locator("#result :is(img, b)").count() == 0
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(
    "chain, said",
    [
        (1, None),
        (10, None),
        (1337, "With care: this is on a local test chain. A local test chain proves nothing to anybody but its owner."),
        (
            31337,
            "With care: this is on a local test chain. A local test chain proves nothing to anybody but its owner.",
        ),
        (17000, "With care: this is on Holesky, a test network. "),
        (560048, "With care: this is on Hoodi, a test network. "),
        (11155111, "With care: this is on Sepolia, a test network. "),
    ],
)
def test_what_a_test_chain_proves_is_said_in_the_verdict(visitor: Visitor, chain: int, said: str | None) -> None:
    receipt = replace(RECEIPT, ledger=LEDGER.account.replace("31337", str(chain)))
    file, block_hash = file_of(replace(a_receipt_bundle(), receipt=receipt))
    verdict, _ = visitor.check(file, block_hash=block_hash)
    assert verdict == "Verified"
    words = visitor.page.locator(".verdict").inner_text()
    assert said in words if said else "test" not in words


def test_a_refusal_shows_nothing_that_a_file_hides(visitor: Visitor) -> None:
    hostile = LIE.words | {"figures": LIE.figures | {"grade": "\u202edeifireV\u200b"}}
    file, block_hash = file_of(a_bundle(HISTORY, replace(LIE, figures=hostile["figures"])))
    verdict, words = visitor.check(file, block_hash=block_hash)
    assert verdict == "It does not hold"
    assert "deifireV" in words
    assert not {"\u202e", "\u200b"} & set(words)


def test_what_a_company_promised_is_shown_as_text_alone(page: Page, built: Callable[[Ledger], str]) -> None:
    words = "<img src=x onerror=alert(1)><b>bold</b>\u202egnp.exe"
    terms = document({"text": words, "service": "delivery", "salt": "00"})
    bundle = a_receipt_bundle(
        receipt=replace(RECEIPT, promise=replace(RECEIPT.promise, terms=terms.digest), terms=terms)
    )
    file, block_hash = file_of(bundle)
    page.goto(built(LEDGER))
    assert Visitor(page).check(file, block_hash=block_hash)[0] == "Verified"
    expect(page.locator("blockquote")).to_have_text("<img src=x onerror=alert(1)><b>bold</b> gnp.exe")
    assert page.locator("#found img, #found b").count() == 0
