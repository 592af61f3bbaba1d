"""What companies and customers do: register, promise, fulfil, confirm.

Each function tries its action out and gives the transaction, signed and not sent yet: what is refused is refused before
anything is lost, and what must be kept can be kept first.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from ledger.chain import contract
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.sending import Prepared, prepare
from ledger.documents import Document, data_uri, document, hidden, profile_keys, read_profile
from ledger.errors import InvalidOffer, InvalidProfile, InvalidReceipt, Refused, UnknownPromise
from ledger.events import Matter
from ledger.keys import Key
from ledger.promises import Promise, customer_of, service_code, signer_hash
from ledger.receipts import Receipt
from ledger.services.companies import profile_of
from ledger.signing import Domain, Message
from ledger.store.reading import Reader
from ledger.store.writing import Writer
from ledger.units import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, PromiseId, Timestamp, show_address, show_hex

TEXT_LIMIT = 10_000
"""Characters of a promise's words."""

_SALT_BYTES = 32
_NONCE_BITS = 64


@dataclass(frozen=True, slots=True)
class Offer:
    """A promise as a person words it."""

    company: Address
    text: str
    due_at: Timestamp
    dispute_window: int
    """Seconds."""
    customer: Address | None
    """None for a promise to the public."""
    arbiter: Address | None
    service: str
    """Its published name."""
    experience: int
    stage: int
    stakes: int
    cohort: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one acts: a ledger through a node. Made by `open_desk`, which has checked that they belong together."""

    node: Node
    deployment: Deployment

    @property
    def domain(self) -> Domain:
        """Where signatures are good."""
        return Domain(self.deployment.chain_id, self.deployment.address)

    def prepare(self, key: Key, call: bytes, payer: Key | None = None) -> Prepared:
        """A call of the ledger, in which the account of a key acts, and perhaps another pays."""
        try:
            return prepare(self.node, payer or key, self.deployment.address, call)
        except Refused as error:
            # The contract knows an actor by a hash alone.
            shown = f"The signer whose hash is {show_hex(signer_hash(key.address))}"
            raise error.naming({shown: f"The account {show_address(key.address)}"}) from error

    def require_own(self, receipt: Receipt, where: str) -> None:
        """Raises InvalidReceipt if a receipt is of another ledger."""
        _require_of(receipt, self.deployment.account, where)


def open_desk(node: Node, deployment: Deployment) -> Desk:
    """A desk at a ledger. Raises WrongChain, NoContract, WrongCode."""
    deployment.verify(node)
    return Desk(node, deployment)


def register(desk: Desk, key: Key, profile: str, where: str) -> Prepared:
    """Publishes a company's profile, its first or another. Raises InvalidProfile; `where` names it in the error."""
    try:
        content = json.loads(profile)
    except (ValueError, RecursionError) as error:
        raise InvalidProfile(where, f"it is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise InvalidProfile(where, "it is not a JSON object")
    published = document(content)
    if unknown := content.keys() - profile_keys():
        raise InvalidProfile(where, f"it has {', '.join(sorted(unknown))}, and may have {', '.join(profile_keys())}")
    # As everybody will read it.
    read_profile(data_uri(published), published.digest, where)
    return desk.prepare(
        key,
        contract.register(contract.SENDER, key.address, published.digest, data_uri(published), contract.UNSIGNED),
    )


def draft(desk: Desk, offer: Offer) -> Receipt:
    """Words a promise for the ledger. Salts keep its customer, and its terms, from being guessed.

    Raises InvalidPromise, InvalidDocument, InvalidOffer.
    """
    _require_sense(offer)
    salt = Digest(secrets.token_bytes(_SALT_BYTES)) if offer.customer is not None else ZERO_DIGEST
    terms = document({"text": offer.text, "service": offer.service, "salt": show_hex(secrets.token_bytes(_SALT_BYTES))})
    promise = Promise(
        company=offer.company,
        customer=customer_of(salt, offer.customer) if offer.customer is not None else ZERO_DIGEST,
        terms=terms.digest,
        due_at=offer.due_at,
        dispute_window=offer.dispute_window,
        arbiter=offer.arbiter or ZERO_ADDRESS,
        service=service_code(offer.service),
        experience=offer.experience,
        stage=offer.stage,
        stakes=offer.stakes,
        cohort=offer.cohort,
        nonce=secrets.randbits(_NONCE_BITS),
    )
    return Receipt(desk.deployment.account, promise, salt, terms)


def make(desk: Desk, key: Key, receipt: Receipt) -> Prepared:
    """The company, or its delegate, makes the promise of a receipt."""
    return desk.prepare(key, contract.make(receipt.promise))


def fulfil(desk: Desk, key: Key, id_: PromiseId, evidence: Document | None) -> Prepared:
    """The company, or its delegate, says that a promise was fulfilled."""
    return desk.prepare(key, contract.fulfil(id_, evidence.digest if evidence else ZERO_DIGEST))


def confirm(desk: Desk, key: Key, receipt: Receipt, matter: Matter, rating: int, payer: Key | None) -> Prepared:
    """The customer, or the arbiter, confirms what the company said. Where another pays, the confirmation is signed."""
    auth = contract.SENDER
    if payer is not None:
        message: Message = {"promise": receipt.promise, "matter": matter, "rating": rating}
        auth = contract.Auth(key.address, key.sign_action(desk.domain, "Confirm", message))
    call = contract.confirm(auth, receipt.promise, receipt.salt, matter, rating)
    return desk.prepare(key, call, payer)


def require_published(reader: Reader, company: Address, service: str) -> None:
    """Raises InvalidOffer if the company's profile, as far as it is indexed, names services and not this one."""
    known = reader.company(company)
    profile = profile_of(known) if known else None
    if profile is not None and service not in profile.services:
        named = ", ".join(profile.services) or "none"
        raise InvalidOffer(
            f"{service!r} is no service of {profile.name}, whose profile names {named}",
            "Give one of those, or publish it first: add it to `services`, then `troth company register PROFILE` and"
            " `troth index`.",
        )


def publish(writer: Writer, receipt: Receipt, where: str) -> None:
    """Keeps a promise's words where pages find them. Raises InvalidReceipt, UnknownPromise."""
    _require_of(receipt, writer.require_cursor().account, where)
    if receipt.id not in writer.standings([receipt.id]):
        raise UnknownPromise(show_hex(receipt.id))
    writer.put_documents([receipt.terms])


def _require_of(receipt: Receipt, account: str, where: str) -> None:
    if receipt.ledger != account:
        raise InvalidReceipt(where, f"it is of the ledger {receipt.ledger}, not of {account}")


def _require_sense(offer: Offer) -> None:
    for what, words in (("text", offer.text), ("service", offer.service)):
        if not words.strip():
            raise InvalidOffer(f"its {what} says nothing")
        if (char := hidden(words.replace("\n", " ") if what == "text" else words)) is not None:
            raise InvalidOffer(f"its {what} has the character U+{ord(char):04X}, which can't be seen")
    if len(offer.text) > TEXT_LIMIT:
        raise InvalidOffer(f"its text has {len(offer.text)} characters, more than {TEXT_LIMIT}")
    if offer.customer == offer.company:
        raise InvalidOffer(
            "the customer is the company itself", "Give the customer's address, or leave it out for a promise to all."
        )
