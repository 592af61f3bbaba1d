"""A customer without an account confirms by the passkey of a real browser; somebody else sends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from eth_abi.abi import encode
from playwright.sync_api import Page, expect, sync_playwright

from ledger.chain.anvil import LocalChain, run_anvil
from ledger.chain.contract import SENDER, UNSIGNED, Auth, confirm, fulfil_all, make_all, register
from ledger.chain.logs import read_logs
from ledger.decoding import decode
from ledger.errors import NodeRefused
from ledger.events import Confirmed, Matter
from ledger.promises import Promise, customer_of, promise_id, service_code, signer_hash
from ledger.signing import Domain, Value, digest_to_sign, typed_data
from ledger.units import ZERO_ADDRESS, ZERO_DIGEST, Address, BlockNumber, PromiseId, Timestamp, digest_of, show_hex
from tests.support.browser import launch_chromium
from tests.support.chain import deploy, free_port, serving
from tests.support.passkeys import encode_assertion, signer_of, verifier_code

ROOT = Path(__file__).parents[2]
START = Timestamp(1_700_000_000)
SALT = digest_of(b"salt")
STATUS_CONFIRMED = 9
INVALID_SIGNATURE = digest_of(b"InvalidSignature(bytes)")[:4]


class Files(SimpleHTTPRequestHandler):
    """The checkout: the test's page, and the module and the library that it imports."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, directory=str(ROOT), **more)

    def log_message(self, *_args: Any) -> None:
        pass


@dataclass(frozen=True)
class Passkey:
    """A credential that the browser's authenticator holds."""

    page: Page
    id: str
    signer: bytes

    def sign(self, domain: Domain, action: str, message: dict[str, Value]) -> Auth:
        """What the browser makes of a message, as the contract takes it."""
        asked = {"id": self.id, "typedData": typed_data(domain, action, message)}
        signed = self.page.evaluate("asked => sign(asked)", asked)
        assert signed["digest"] == show_hex(digest_to_sign(domain, action, message))
        parts = (bytes.fromhex(signed[name]) for name in ("authenticatorData", "clientDataJSON", "signature"))
        return Auth(self.signer, encode_assertion(*parts))


@dataclass(frozen=True)
class Scene:
    """A ledger where a company has kept two promises to the customer that a passkey is."""

    chain: LocalChain
    domain: Domain
    passkey: Passkey
    promise: Promise
    other: Promise
    relayer: Address

    def confirmation(self) -> Auth:
        message: dict[str, Value] = {"promise": self.promise, "matter": Matter.FULFILMENT, "rating": 5}
        return self.passkey.sign(self.domain, "Confirm", message)

    def status(self, promise: PromiseId) -> int:
        call = {"to": show_hex(self.domain.contract), "data": show_hex(digest_of(b"stateOf(bytes32)")[:4] + promise)}
        state = bytes.fromhex(self.chain.request("eth_call", call, "latest")[2:])
        return int.from_bytes(state[96:128], "big")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """One that has the precompile for P-256, as Ethereum has since Osaka."""
    with run_anvil(free_port(), START, tmp_path_factory.mktemp("passkey") / "anvil.log") as chain:
        yield chain


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page in a secure context, in a browser with an authenticator whose user always agrees."""
    with serving(Files) as url, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        page = browser.new_page()
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        # Not the number: a credential belongs to a name.
        page.goto(f"http://localhost:{urlsplit(url).port}/{Path(__file__).relative_to(ROOT).parent}/passkey.html")
        expect(page).to_have_title("Ready")
        yield page
        browser.close()


@pytest.fixture(scope="module")
def scene(chain: LocalChain, page: Page) -> Scene:
    company, relayer = chain.accounts()[1:3]
    contract = deploy(chain, Timestamp(START + 1)).address
    created = page.evaluate("create()")
    assert created["algorithm"] == -7
    passkey = Passkey(page, created["id"], signer_of(put_verifier(chain), bytes.fromhex(created["publicKey"])))
    promise = Promise(
        company=company,
        customer=customer_of(SALT, passkey.signer),
        terms=digest_of(b"terms"),
        due_at=Timestamp(START + 3600),
        dispute_window=86_400,
        arbiter=ZERO_ADDRESS,
        service=service_code("delivery"),
        experience=0,
        stage=2,
        stakes=0,
        cohort=1,
        nonce=1,
    )
    other = replace(promise, nonce=2)
    steps = [
        register(SENDER, company, digest_of(b"profile"), "ipfs://profile", UNSIGNED),
        make_all([promise, other]),
        fulfil_all([(promise_id(kept), ZERO_DIGEST) for kept in (promise, other)]),
    ]
    for number, call in enumerate(steps):
        chain.mine(Timestamp(START + 3 + number), [(company, contract, call)])
    return Scene(chain, Domain(chain.chain_id, contract), passkey, promise, other, relayer)


def put_verifier(chain: LocalChain) -> Address:
    sent = {"from": show_hex(chain.accounts()[0]), "data": verifier_code(), "gas": hex(8_000_000)}
    transaction = chain.request("eth_sendTransaction", sent)
    chain.request("evm_mine", {"timestamp": int(START + 2)})
    receipt = chain.request("eth_getTransactionReceipt", transaction)
    assert receipt["status"] == "0x1"
    return Address(bytes.fromhex(receipt["contractAddress"][2:]))


@pytest.mark.parametrize(
    "changes", [{"rating": 4}, {"matter": Matter.REMEDY}, {"other": True}], ids=["rating", "matter", "promise"]
)
def test_an_assertion_is_good_for_nothing_else(scene: Scene, changes: dict[str, Any]) -> None:
    auth = scene.confirmation()
    promise = scene.other if changes.get("other") else scene.promise
    call = confirm(auth, promise, SALT, changes.get("matter", Matter.FULFILMENT), changes.get("rating", 5))
    asked = {"from": show_hex(scene.relayer), "to": show_hex(scene.domain.contract), "data": show_hex(call)}
    with pytest.raises(NodeRefused) as refused:
        scene.chain.request("eth_call", asked, "latest")
    assert refused.value.data == show_hex(INVALID_SIGNATURE + encode(["bytes"], [auth.signer]))


def test_a_relayer_sends_what_the_passkey_confirmed(scene: Scene) -> None:
    assert scene.status(promise_id(scene.promise)) != STATUS_CONFIRMED
    call = confirm(scene.confirmation(), scene.promise, SALT, Matter.FULFILMENT, 5)
    scene.chain.mine(Timestamp(START + 600), [(scene.relayer, scene.domain.contract, call)])
    assert scene.status(promise_id(scene.promise)) == STATUS_CONFIRMED

    latest = scene.chain.block("latest")
    assert latest is not None
    event = last_event(scene, latest.number)
    assert isinstance(event, Confirmed)
    assert event.id == promise_id(scene.promise)
    assert event.actor == signer_hash(scene.passkey.signer) != signer_hash(scene.relayer)
    assert (event.by_arbiter, event.matter, event.rating) == (False, Matter.FULFILMENT, 5)


def last_event(scene: Scene, block: BlockNumber) -> object:
    ledger = scene.domain.contract
    (log,) = read_logs(scene.chain.logs(ledger, block, block)[2], ledger, block, block)
    return decode(log)
