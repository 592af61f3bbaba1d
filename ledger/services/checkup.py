"""Looks over an operator's set-up, and says of each part whether it is well and what to do if not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.errors import QuorumMissing, TrothError
from ledger.indexer.run import compare_heads, require_on_chain, require_same_ledger
from ledger.scoring.policy import Policy
from ledger.store.database import Database
from ledger.units import Address, Digest, show_address, show_hex, show_time


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    fault: TrothError | None
    """None if it is well."""
    detail: str
    """What was found; the fault in words if there is one."""
    warns: bool = False
    """Whether it works as it is, but had better be otherwise."""


def examine(
    nodes: Sequence[Node],
    quorum: int,
    load_deployment: Callable[[], Deployment],
    load_policy: Callable[[], Policy],
    database: Database,
) -> Iterator[Finding]:
    """Examines policy, deployment record, each node and the contract by it, and the database by the first that is well,
    in the order in which they build on each other.

    What can't be examined because something before it failed is left out.
    """
    yield _find("policy", lambda: _policy(load_policy()))
    record: list[Deployment] = []
    yield _find("deployment", lambda: _deployment(load_deployment(), record))
    sound: list[Node] = []
    for node in nodes:
        yield from _examine_node(node, record, sound)
    if not record:
        return
    if quorum > 1:
        yield _find("quorum", lambda: _quorum(quorum, len(sound), len(nodes)))
    if sound:
        indexed = _find("database", lambda: _database(sound[0], record[0], database))
        yield indexed
        if indexed.fault is None:
            yield _scores(load_policy, database)
            yield _keys(sound[0], database)


def _examine_node(node: Node, record: list[Deployment], sound: list[Node]) -> Iterator[Finding]:
    answers = _find("node", lambda: f"{node.url} serves chain eip155:{node.chain_id}")
    yield answers
    if record and answers.fault is None:
        contract = _find("contract", lambda: _contract(node, record[0]))
        yield contract
        if contract.fault is None:
            sound.append(node)


def _quorum(quorum: int, sound: int, nodes: int) -> str:
    if sound < quorum:
        raise QuorumMissing(quorum, nodes)
    return f"{quorum} have to agree, and {sound} of {nodes} nodes can"


def _find(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, None, look())
    except TrothError as error:
        return Finding(subject, error, str(error))


def _policy(policy: Policy) -> str:
    return f"{policy.name} {show_hex(policy.hash)}"


def _deployment(deployment: Deployment, record: list[Deployment]) -> str:
    record.append(deployment)
    return f"{deployment.account}, from block {deployment.block}"


def _contract(node: Node, deployment: Deployment) -> str:
    deployment.verify(node)
    return f"the code at {show_address(deployment.address)} is ours"


def _scores(load_policy: Callable[[], Policy], database: Database) -> Finding:
    kept: list[Digest] = []

    def look() -> str:
        policy = load_policy()
        with database.read() as reader:
            kept.append(reader.require_cursor().policy)
        if kept[0] == policy.hash:
            return f"kept under {policy.name}, the policy in force"
        kept.append(policy.hash)
        return (
            f"kept under the policy {show_hex(kept[0])}, and {policy.name} is in force: each is computed from all"
            " promises. Run `troth index` under the settings of the gateway, which rebuilds them"
        )

    found = _find("scores", look)
    return replace(found, warns=len(kept) > 1)


def _keys(node: Node, database: Database) -> Finding:
    plain: list[Address] = []

    def look() -> str:
        with database.read() as reader:
            companies = [company.address for company in reader.companies()]
        plain.extend(node.accounts_without_code(companies))
        if not plain:
            return f"{len(companies)} companies, none of them a plain account"
        return (
            f"{len(plain)} of {len(companies)} companies are plain accounts, such as {show_address(plain[0])}: "
            "who loses the one key loses the history. Register from a contract account, and appoint delegates"
        )

    found = _find("keys", look)
    return replace(found, warns=bool(plain))


def _database(node: Node, deployment: Deployment, database: Database) -> str:
    with database.read() as reader:
        require_same_ledger(reader, deployment, database.url)
        cursor = reader.require_cursor()
        known = reader.heads()
    latest = require_on_chain(node, cursor)
    compare_heads(node, deployment, known, cursor.block)
    behind = latest - cursor.block.number
    return (
        f"indexed to block {cursor.block.number} ({show_time(cursor.block.time)}), {behind} behind the node;"
        f" the heads of {len(known)} companies agree with the contract's"
    )
