"""Anchors, and whether what is said of a company is what its log gives. Pure: no input or output.

Anybody may anchor anything, so an anchor alone says only when something was said. Since it is no choice as of when an
anchor judges, the one statement that it may have follows from the log, whether or not anybody publishes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import InvalidProof, UnknownPolicy
from ledger.events import Block, Log
from ledger.links import head_in
from ledger.proofs.signed import SignedStatement
from ledger.proofs.statements import HOUR_S, judged_at, require_same, statement_of
from ledger.scoring.policy import Policy
from ledger.units import Address, Digest, Timestamp, digest_of, show_hex

ANCHORED = digest_of(b"Anchored(address,address,bytes32,bytes32,bytes32)")
"""The first topic of an anchor's log."""


TrueAt = tuple[Digest, Digest, int]
"""What an anchor's true statement follows from: a head, a policy, and the hour."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """What the log says of an anchor."""

    company: Address
    sender: Address
    head: Digest
    """The company's, as the contract has compared."""
    policy: Digest
    statement: Digest


def read_anchored(topics: Sequence[bytes], data: bytes) -> Anchored:
    """Reads the log of an anchor. Raises InvalidProof."""
    if len(topics) != 3 or topics[0] != ANCHORED or len(data) != 96:
        raise InvalidProof("the log of its anchor is none")
    company, sender = (Address(topic[12:]) for topic in topics[1:])
    return Anchored(company, sender, *(Digest(data[start : start + 32]) for start in (0, 32, 64)))


def require_true_anchor(
    anchored: Anchored,
    time: Timestamp,
    ledger: str,
    logs: Sequence[Log],
    policies: Mapping[Digest, Policy],
    known: dict[TrueAt, Digest],
) -> None:
    """Raises InvalidProof if an anchor, in a block of this time, has another statement than the company's log gives;
    UnknownPolicy if it is under a policy that is not among these.

    `known` holds the true statements found so far, and gets this one: whoever anchors often costs nobody more.
    """
    key = (anchored.head, anchored.policy, time // HOUR_S)
    if key not in known:
        there = _until(anchored.head, logs)
        as_of = judged_at(there[-1].time, time)
        known[key] = statement_of(ledger, there, as_of, _policy(anchored.policy, policies)).digest
    true = known[key]
    if true != anchored.statement:
        raise InvalidProof(f"{show_hex(anchored.statement)} is anchored, and the log gives {show_hex(true)}")


def require_true_statement(
    said: SignedStatement, block: Block, ledger: str, logs: Sequence[Log], policies: Mapping[Digest, Policy]
) -> None:
    """Raises InvalidProof if a statement as of a block of the chain is not what the log of its company gives;
    UnknownPolicy as for anchors.
    """
    statement = said.statement
    if (said.number, said.hash) != (block.number, block.hash):
        raise InvalidProof(f"block {said.number} has the hash {show_hex(block.hash)}, not {show_hex(said.hash)}")
    if statement.ledger != ledger:
        raise InvalidProof(f"it is about the ledger {statement.ledger[:80]}, not {ledger}")
    if statement.as_of != block.time:
        raise InvalidProof(f"promises are judged as of {statement.as_of}, and its block is of {block.time}")
    there = [log for log in logs if log.block <= block.number]
    if not there or head_in(there[-1]) != statement.head:
        reached = show_hex(head_in(there[-1])) if there else "nothing"
        raise InvalidProof(f"its head is {show_hex(statement.head)}, and the company's was {reached}")
    true = statement_of(ledger, there, block.time, _policy(statement.policy, policies))
    require_same(statement, true.figures)


def require_not_refuted(
    said: SignedStatement,
    given_up: Block | None,
    latest: Timestamp,
    ledger: str,
    logs: Sequence[Log],
    policies: Mapping[Digest, Policy],
) -> None:
    """What can be said of a statement as of a block that the chain does not have, and may have given up: raises
    InvalidProof if it is false even so; UnknownPolicy as for anchors.

    `given_up` is that block, where it is known. Whatever stood on it, figures up to a head that the company still has
    follow from that head and the time; that the company had done no more by then, nobody can tell any more.
    """
    statement = said.statement
    if statement.ledger != ledger:
        raise InvalidProof(f"it is about the ledger {statement.ledger[:80]}, not {ledger}")
    if given_up is not None and statement.as_of != given_up.time:
        raise InvalidProof(f"promises are judged as of {statement.as_of}, and its block is of {given_up.time}")
    try:
        there = _until(statement.head, logs)
    except InvalidProof:
        # It may have stood on that block.
        return
    if not there[-1].time <= statement.as_of <= latest + HOUR_S:
        raise InvalidProof(
            f"promises are judged as of {statement.as_of}, and its last event is of {there[-1].time}, the chain's"
            f" latest block of {latest}"
        )
    true = statement_of(ledger, there, statement.as_of, _policy(statement.policy, policies))
    require_same(statement, true.figures)


def _until(head: Digest, logs: Sequence[Log]) -> Sequence[Log]:
    for place, log in enumerate(logs, 1):
        if head_in(log) == head:
            return logs[:place]
    raise InvalidProof(f"the company never had the head {show_hex(head)}")


def _policy(wanted: Digest, policies: Mapping[Digest, Policy]) -> Policy:
    if wanted not in policies:
        raise UnknownPolicy(show_hex(wanted))
    return policies[wanted]
