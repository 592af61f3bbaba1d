"""Whether what a bundle says is so, if one block is on the chain. Pure: no input or output.

What is proven is of that block and of nothing after it. Every check is made on bytes that lead, hash by hash, to the
block's: nothing that a bundle says is taken on its word.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import ValidationError

from ledger.errors import BrokenLink, InvalidProof, MalformedLog
from ledger.events import Block
from ledger.links import replay
from ledger.outcomes import Status
from ledger.proofs.anchors import read_anchored
from ledger.proofs.blocks import ProvenHeader, log_in, read_header, stored_in
from ledger.proofs.bundles import Anchor, ReceiptBundle, ScoreBundle, State
from ledger.proofs.statements import Statement, assured, judged_at, read_statement, require_same, scored
from ledger.receipts import Receipt
from ledger.scoring.policy import Policy
from ledger.scoring.score import Score
from ledger.units import Address, Digest, PromiseId, Timestamp, digest_of, show_address, show_hex, show_time

_HEADS, _PROMISES = 2, 3
"""Where in the contract's storage the mappings begin: from companies to their heads, from promises to their states."""

_COUNTERSIGNED, _BY_ARBITER = 1 << 0, 1 << 4
"""Flags of a state."""


class Ledger(NamedTuple):
    """The ledger that the verifier means: whatever a bundle says of another is not about it."""

    account: str
    """By CAIP-10."""
    chain_id: int
    contract: Address
    code: Digest
    """keccak256 of the contract's code."""


@dataclass(frozen=True, slots=True)
class ProvenScore:
    """A score that follows from a company's whole history up to a block."""

    company: Address
    block: Block
    """The anchor's, or the one after which the head was the company's."""
    head: Digest
    sender: Address | None
    """Who anchored the statement; None where nobody did."""
    events: int
    policy: Policy
    score: Score
    """As of the statement's time; only what the company's own log gives is proven."""


@dataclass(frozen=True, slots=True)
class ProvenReceipt:
    """A promise, and what the contract held of it after a block."""

    receipt: Receipt
    block: Block
    status: Status
    fulfilled_at: Timestamp | None
    last_at: Timestamp
    """When the present status began."""
    countersigned: bool
    by_arbiter: bool
    """Whether the confirmation, if there is one, is the arbiter's."""

    @property
    def in_time(self) -> bool | None:
        """Whether it was fulfilled by its due time; None where it was not fulfilled."""
        return None if self.fulfilled_at is None else self.fulfilled_at <= self.receipt.promise.due_at


def verify_score(bundle: ScoreBundle, ledger: Ledger, policies: Collection[Digest]) -> ProvenScore:
    """Checks a score bundle from its block's header down to the last figure.

    `policies` are those that the verifier accepts. Raises InvalidProof at the first thing that is not so.
    """
    _require_ledger(bundle.ledger, ledger)
    block = read_header(bundle.basis.header)
    statement = read_statement(bundle.statement)
    sender = None
    if isinstance(bundle.basis, Anchor):
        sender = _require_anchored(bundle, bundle.basis, statement, ledger, block)
    else:
        _require_held(bundle, bundle.basis, statement, ledger, block)
    if statement.policy not in policies:
        raise InvalidProof(f"the policy {show_hex(statement.policy)} is none of those that you accept")
    policy = _policy(bundle, statement.policy)
    _require_history(bundle, ledger, statement.head)
    _require_time(bundle, statement.as_of, block)
    try:
        found = scored(bundle.logs, block.number, statement.as_of, policy)
    except MalformedLog as error:
        raise InvalidProof(f"event {error.index + 1} can't come from the ledger: {error.why}") from error
    require_same(statement, assured(found))
    return ProvenScore(bundle.company, block, statement.head, sender, len(bundle.logs), policy, found)


def verify_receipt(bundle: ReceiptBundle, ledger: Ledger) -> ProvenReceipt:
    """Checks a receipt bundle from its block's header down to the promise's slot.

    Raises InvalidProof at the first thing that is not so.
    """
    receipt = bundle.receipt
    _require_ledger(receipt.ledger, ledger)
    block = read_header(bundle.state.header)
    state = _held(bundle.state, slot_of(receipt.id), ledger, block)
    company, fulfilled_at, last_at, status, flags = (
        state >> start & (1 << bits) - 1 for start, bits in ((0, 160), (160, 40), (200, 40), (240, 8), (248, 8))
    )
    if company != int.from_bytes(receipt.promise.company, "big") or status not in set(Status):
        raise InvalidProof("the promise's slot holds what the ledger never writes")
    return ProvenReceipt(
        receipt,
        block,
        Status(status),
        Timestamp(fulfilled_at) if fulfilled_at else None,
        Timestamp(last_at),
        countersigned=bool(flags & _COUNTERSIGNED),
        by_arbiter=bool(flags & _BY_ARBITER),
    )


def slot_of(promise: PromiseId) -> bytes:
    """Where the contract keeps a promise's state (Solidity, Layout of State Variables in Storage)."""
    return digest_of(promise + _PROMISES.to_bytes(32, "big"))


def head_slot_of(company: Address) -> bytes:
    """Where the contract keeps a company's head."""
    return digest_of(bytes(12) + company + _HEADS.to_bytes(32, "big"))


def require_block(proven: ProvenScore | ProvenReceipt, hash_: Digest) -> None:
    """Raises InvalidProof if what was proven is of another block than this one."""
    if proven.block.hash != hash_:
        raise InvalidProof(
            f"its block {proven.block.number} has the hash {show_hex(proven.block.hash)}, not {show_hex(hash_)}"
        )


def _require_ledger(account: str, ledger: Ledger) -> None:
    if account != ledger.account:
        raise InvalidProof(f"it is about the ledger {account[:80]}, not {ledger.account}")


def _require_anchored(
    bundle: ScoreBundle, anchor: Anchor, said: Statement, ledger: Ledger, block: ProvenHeader
) -> Address:
    """Who anchored the statement."""
    log = log_in(block, anchor.transaction, anchor.log, anchor.nodes)
    if log.address != ledger.contract:
        raise InvalidProof(f"{show_address(log.address)} emitted its anchor, and not the ledger")
    found = read_anchored(log.topics, log.data)
    if found.company != bundle.company:
        raise InvalidProof(f"its anchor is about {show_address(found.company)}, not {show_address(bundle.company)}")
    if said.digest != found.statement:
        raise InvalidProof(f"its statement is {show_hex(said.digest)}, and {show_hex(found.statement)} is anchored")
    if (said.ledger, said.company, said.head, said.policy) != (ledger.account, found.company, found.head, found.policy):
        raise InvalidProof("its statement is about another ledger, company, head or policy than the anchor")
    return found.sender


def _require_held(bundle: ScoreBundle, state: State, said: Statement, ledger: Ledger, block: ProvenHeader) -> None:
    """That the statement's head was the company's after a block."""
    if (said.ledger, said.company) != (ledger.account, bundle.company):
        raise InvalidProof("its statement is about another ledger or company")
    head = _held(state, head_slot_of(bundle.company), ledger, block)
    if head != int.from_bytes(said.head, "big"):
        raise InvalidProof(f"the contract held the head 0x{head:064x}, and its statement is of {show_hex(said.head)}")


def _held(state: State, slot: bytes, ledger: Ledger, block: ProvenHeader) -> int:
    """What a slot of the ledger held after a block."""
    code, value = stored_in(block, ledger.contract, slot, state.account, state.storage)
    if code != ledger.code:
        raise InvalidProof(f"the contract's code has the hash {show_hex(code)}, not {show_hex(ledger.code)}")
    return value


def _policy(bundle: ScoreBundle, wanted: Digest) -> Policy:
    try:
        policy = Policy.model_validate(bundle.policy)
    except ValidationError as error:
        raise InvalidProof(f"its policy is none ({error.errors()[0]['msg']})") from error
    if policy.hash != wanted:
        raise InvalidProof(f"its policy is {show_hex(policy.hash)}, and its statement's is {show_hex(wanted)}")
    return policy


def _require_history(bundle: ScoreBundle, ledger: Ledger, head: Digest) -> None:
    for place, log in enumerate(bundle.logs, 1):
        if log.company != bundle.company:
            raise InvalidProof(f"event {place} is of {show_address(log.company)}")
    heads: dict[Address, Digest] = {}
    try:
        replay(heads, bundle.logs, ledger.chain_id, ledger.contract)
    except BrokenLink as error:
        raise InvalidProof(f"event {error.index + 1} does not continue those before it") from error
    if (reached := heads.get(bundle.company)) != head:
        shown = show_hex(reached) if reached else "nothing"
        raise InvalidProof(f"its {len(bundle.logs)} events lead to {shown}, and its statement is of {show_hex(head)}")


def _require_time(bundle: ScoreBundle, as_of: Timestamp, block: Block) -> None:
    """That nobody chose when promises are judged."""
    last = bundle.logs[-1].time
    if last > block.time:
        raise InvalidProof(f"its last event is of {show_time(last)}, and its block of {show_time(block.time)}")
    wanted = judged_at(last, block.time) if isinstance(bundle.basis, Anchor) else block.time
    if as_of != wanted:
        raise InvalidProof(f"promises are judged as of {as_of}, and by its block they are to be as of {wanted}")
