"""Monitoring: whether what others say of companies is what the log gives, by an index of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

from ledger.chain.deployment import Deployment
from ledger.chain.logs import PlacedAnchor, anchors, proving_block
from ledger.chain.node import Node
from ledger.decoding import decode
from ledger.errors import (
    BlockGivenUp,
    BlockGone,
    BlockNotIndexed,
    Contradiction,
    InvalidBundle,
    InvalidProof,
    TrothError,
    Unavailable,
    UnknownPolicy,
    visible,
)
from ledger.events import Block, Log
from ledger.gateways import Gateway
from ledger.indexer.project import project
from ledger.proofs.anchors import TrueAt, require_not_refuted, require_true_anchor, require_true_statement
from ledger.proofs.signed import SignedStatement, read_signed, require_signed
from ledger.scoring.policy import Policy
from ledger.services.companies import CompanyView, Scorer, name_of, view_company
from ledger.services.past import Progress, block_at, view_at
from ledger.signing import Domain
from ledger.store.reading import Reader
from ledger.units import MAX_QUANTITY, Address, BlockNumber, Digest, parse_digest, show_address, show_hex, show_time

Policies = Mapping[Digest, Policy]
Shape = Callable[[CompanyView, Policy], dict[str, Any]]
"""A score as gateways show it, as JSON has it."""


STALE_S = 3600
"""How long a gateway may lack a block until it stands still, by the chain's clock: some index by the hour."""


class Verdict(StrEnum):
    """What was found of something that somebody said."""

    HOLDS = "holds"
    FALSE = "does not hold"
    STALE = "stands still"
    UNCHECKED = "could not be checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that somebody said of a company, and whether it is so."""

    company: Address
    said: str
    """Who said what, where."""
    verdict: Verdict
    why: str
    """What differs, or why it could not be checked; empty where it holds."""
    by_itself: bool = False
    """Whether the company said it of itself."""


@dataclass(frozen=True, slots=True)
class ToldAnchor:
    """An anchor, and the nodes that tell of it, where not all do, and none proves it."""

    placed: PlacedAnchor
    only: tuple[str, ...]


def anchors_of(
    nodes: Sequence[Node],
    deployment: Deployment,
    companies: Sequence[Address],
    first: BlockNumber,
    progress: Progress,
) -> list[ToldAnchor]:
    """The anchors of companies from a block on, of all that any node tells. Raises what a node raises. `progress` is
    called with blocks, of all nodes together, where some node gives few at once.

    No chain of hashes holds them: where not all tell of one, its block's receipts have to show it.
    """
    told: dict[PlacedAnchor, list[Node]] = {}
    for place, node in enumerate(nodes):

        def show(done: int, total: int, place: int = place) -> None:
            progress(place * total + done, len(nodes) * total)

        # Not by their places: who says something else of one could hide what the others give.
        for each in anchors(node, deployment.address, companies, first, show):
            told.setdefault(each, []).append(node)
    placed = sorted(told, key=lambda each: (each.place, each.anchored.statement))
    return [
        ToldAnchor(each, () if _is_there(each, told[each], nodes, deployment) else tuple(n.url for n in told[each]))
        for each in placed
    ]


def _is_there(anchor: PlacedAnchor, tell: Sequence[Node], nodes: Sequence[Node], deployment: Deployment) -> bool:
    if len(tell) == len(nodes):
        return True
    headers = [node.block(anchor.at.block) for node in nodes]
    for node in tell:
        with suppress(Unavailable, InvalidProof):
            hash_ = proving_block(node, deployment.address, anchor)
            if hash_ is not None and all(header is not None and header.hash == hash_ for header in headers):
                return True
    return False


def examine_anchors(
    reader: Reader, told: Iterable[ToldAnchor], deployment: Deployment, policies: Policies
) -> Iterator[Finding]:
    """Whether each anchor has the statement that the log gives. Of one that not all nodes tell of, nobody knows whether
    it is there.
    """
    histories: dict[Address, list[Log]] = {}
    known: dict[TrueAt, Digest] = {}
    for each in told:
        anchored, at = each.placed.anchored, each.placed.at
        if anchored.company not in histories:
            histories[anchored.company] = reader.history_of(anchored.company)
        logs = histories[anchored.company]
        said = (
            f"anchored by {show_address(anchored.sender)} in block {at.block}, {show_time(at.time)},"
            f" transaction {show_hex(at.transaction)}"
        )
        check = partial(require_true_anchor, anchored, at.time, deployment.account, logs, policies, known)
        found = _judged(anchored.company, said, check)
        if each.only and found.verdict is Verdict.FALSE:
            why = f"only {', '.join(each.only)} tells of it: {found.why}"
            found = replace(found, verdict=Verdict.UNCHECKED, why=why)
        yield replace(found, by_itself=anchored.sender == anchored.company)


def examine_statement(
    reader: Reader,
    node: Node,
    said: SignedStatement,
    where: str,
    deployment: Deployment,
    policies: Policies,
    named: str | None = None,
) -> Finding:
    """Whether a statement is the one that the log gives, and signed by whom it names; and whether its company was
    `named` then as it named itself.
    """
    company = said.statement.company
    signed = f"signed by {show_address(said.signer)}" if said.signer else "not signed"
    logs = reader.history_of(company)

    def check() -> None:
        require_signed(said, Domain(deployment.chain_id, deployment.address))
        block = block_at(reader, node, said.number)
        if block.hash != said.hash:
            latest = reader.require_cursor().block.time
            given_up = _given_up(node, said.number, said.hash)
            require_not_refuted(said, given_up, latest, deployment.account, logs, policies)
            raise BlockGivenUp(said.number, show_hex(said.hash), show_hex(block.hash), given_up is not None)
        require_true_statement(said, block, deployment.account, logs, policies)
        if named not in (None, name := _name_at(reader, company, said.number)):
            raise InvalidProof(f"it names the company {named!r}, which then called itself {name!r}")

    later = sum(log.block > said.number for log in logs)
    since = f", {later} events of the company ago" if later else ""
    return _judged(company, f"{where}: a statement as of block {said.number}{since}, {signed}", check)


def _given_up(node: Node, number: BlockNumber, hash_: Digest) -> Block | None:
    """A block that the index does not have, by its hash, where a node has it: the chain gave it up. Raises InvalidProof
    where that is another number's, BlockGone where it is the index that is behind.
    """
    header = node.block_of(hash_)
    if header is not None and header.number != number:
        raise InvalidProof(f"{show_hex(hash_)} is the hash of block {header.number}, not of block {number}")
    if header is not None and header == node.block(number):
        raise BlockGone(node.url, number)
    return header


def _name_at(reader: Reader, address: Address, number: BlockNumber) -> str:
    """What a company called itself as of a block."""
    until = (decode(log) for log in reader.company_logs(address) if log.block <= number)
    return name_of(project(until, {}, {}).companies[address])


@dataclass(frozen=True, slots=True)
class Claims:
    """What a gateway gave when it was asked of a company: content, or why there is none."""

    url: str
    statement: bytes | TrothError
    score: bytes | TrothError


def claims_of(gateway: Gateway, company: str) -> Claims:
    """Asks a gateway of a company, by its address or handle. To be looked at by an index that is brought up to date
    after it was asked.
    """
    return Claims(gateway.url, _asked(gateway.statement, company), _asked(gateway.score, company))


def _asked(ask: Callable[[str], bytes], company: str) -> bytes | TrothError:
    try:
        return ask(company)
    except TrothError as error:
        return error


def examine_claims(
    reader: Reader,
    node: Node,
    claims: Claims,
    company: Address,
    deployment: Deployment,
    policies: Policies,
    shape: Shape,
) -> list[Finding]:
    """Whether the statement that a gateway gave of a company, and the score that it showed, are what the log gives."""
    try:
        said = read_signed(_given(claims.statement))
        if said.statement.company != company:
            raise InvalidProof(f"it is about {show_address(said.statement.company)}")
        stated = examine_statement(reader, node, said, claims.url, deployment, policies)
    except TrothError as error:
        stated = _found(company, f"{claims.url}: a statement", error)
    where = f"{claims.url}: a score"
    try:
        shown = json.loads(_given(claims.score))
        number, hash_ = _named(shown)
        check = partial(_require_shown, reader, node, company, shown, number, hash_, policies, shape)
        return [stated, _judged(company, f"{where} as of block {number}", check)]
    except TrothError as error:
        return [stated, _found(company, where, error)]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return [stated, _found(company, where, InvalidBundle(f"it is no score ({error!r})"))]


def named_block(reader: Reader, node: Node, claims: Claims) -> BlockNumber | None:
    """The block that what a gateway gave is as of, the lower one where it is two; None where either is of no block that
    the chain has, as far as it is indexed.
    """
    try:
        said = read_signed(_given(claims.statement))
        named = ((said.number, said.hash), _named(json.loads(_given(claims.score))))
        there = all(block_at(reader, node, number).hash == hash_ for number, hash_ in named)
    except (TrothError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return min(number for number, _ in named) if there else None


def examine_pace(reader: Reader, node: Node, url: str, company: Address, last: BlockNumber, asked: Block) -> Finding:
    """Whether a gateway goes on as the chain does, which was at the block `asked` when it was asked: `last` is the
    last block that it named, and that the chain has. Raises what a node raises.
    """
    if last < asked.number:
        lacking = block_at(reader, node, BlockNumber(last + 1))
        behind_s = asked.time - lacking.time
        if behind_s > STALE_S:
            said = f"{url}: {asked.number - last} blocks and {behind_s // 60} min behind the chain"
            why = (
                f"the last block that it named, and the chain has, is {last}; the next is of {show_time(lacking.time)}"
            )
            return Finding(company, said, Verdict.STALE, why)
    return Finding(company, f"{url}: it goes on, at block {last}", Verdict.HOLDS, "")


def _given(content: bytes | TrothError) -> bytes:
    if isinstance(content, TrothError):
        raise content
    return content


def _named(shown: dict[str, Any]) -> tuple[BlockNumber, Digest]:
    """The block that a score is as of, by what it says: its number, and its hash."""
    number = shown["as_of_block"]
    if type(number) is not int or not 0 <= number <= MAX_QUANTITY:
        raise ValueError(f"{str(number)[:40]!r} is no block's number")
    return BlockNumber(number), parse_digest(shown["as_of_hash"])


def _require_shown(
    reader: Reader,
    node: Node,
    company: Address,
    shown: dict[str, Any],
    number: BlockNumber,
    hash_: Digest,
    policies: Policies,
    shape: Shape,
) -> None:
    block = block_at(reader, node, number)
    if block.hash != hash_:
        given_up = _given_up(node, number, hash_)
        raise BlockGivenUp(number, show_hex(hash_), show_hex(block.hash), given_up is not None)
    policy = policies.get(parse_digest(shown["policy"]))
    if policy is None:
        raise UnknownPolicy(shown["policy"])
    if number == reader.require_cursor().block.number:
        view = view_company(reader, show_address(company), Scorer(policy))
    else:
        view, _ = view_at(reader, show_address(company), block, policy, False, _silently)
    true = shape(view, policy)
    for name in sorted(true.keys() | shown.keys()):
        # Whether it is final changes with time, and says nothing of the company.
        if name != "final" and shown.get(name) != true.get(name):
            told, given = _short(shown.get(name)), _short(true.get(name))
            raise InvalidProof(f"it shows {told} for {name}, and the log gives {given}")


def _silently(_done: int, _total: int) -> None:
    pass


def _judged(company: Address, said: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except TrothError as error:
        return _found(company, said, error)
    return Finding(company, said, Verdict.HOLDS, "")


def _found(company: Address, said: str, error: TrothError) -> Finding:
    why = error.why if isinstance(error, InvalidProof) else error.what.removesuffix(".")
    verdict = Verdict.FALSE if isinstance(error, Contradiction) else Verdict.UNCHECKED
    if isinstance(error, BlockNotIndexed):
        why = f"{why}; a later look may reach it"
    # On one line: what a gateway says is not to look like another finding.
    return Finding(company, said, verdict, " ".join(visible(why).split()))


def _short(value: Any) -> str:
    shown = json.dumps(value)
    return shown if len(shown) <= 80 else f"{shown[:80]} …"
