"""Auditing: a company's whole history and every figure, straight from nodes, with nothing kept and nobody trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.chain import contract
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.nodes import Nodes
from ledger.decoding import decode
from ledger.errors import BlockNotThere, NeedsRecord, NoContract, NodeRefused, UnknownCompany
from ledger.events import Block, Event
from ledger.indexer.follow import Finality
from ledger.indexer.notices import Tell
from ledger.indexer.run import Indexer, Limits
from ledger.links import head_in
from ledger.scoring.collusion import Ring
from ledger.scoring.explanation import Explanation, explain
from ledger.scoring.policy import Policy
from ledger.scoring.rows import DAY_S
from ledger.scoring.score import DayFigure, day_range, days
from ledger.scoring.tallies import fold
from ledger.services.companies import CompanyView, find_company, profile_of
from ledger.services.monitoring import (
    Claims,
    Finding,
    Policies,
    Shape,
    Verdict,
    anchors_of,
    examine_anchors,
    examine_claims,
)
from ledger.services.past import Progress, block_at, score_of, standings_at
from ledger.services.witnesses import ring_of
from ledger.store.database import Database
from ledger.store.reading import Reader
from ledger.units import ZERO_DIGEST, BlockNumber, Digest, Timestamp, show_address

DAYS = 366


@dataclass(frozen=True, slots=True)
class Audit:
    """All that was found of a company."""

    deployment: Deployment
    nodes: tuple[str, ...]
    latest: Block
    """The block at which the heads of all companies were compared with the contract's."""
    block: Block
    """The block that everything is as of."""
    companies: int
    """How many the ledger has, all of whose events were replayed: figures that compare need them."""
    events: int
    """Of them all."""
    head: Digest
    """The company's, as of the block."""
    view: CompanyView
    policy: Policy
    explanation: Explanation
    ring: Ring
    days: tuple[DayFigure, ...]
    history: tuple[Event, ...]
    """The company's own events up to the block."""
    anchors: tuple[Finding, ...]
    gateway: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether what the company itself has anchored, and what the gateway says, holds.

        That others anchor what is not so tells nothing of the company: anybody may.
        """
        own = [finding.verdict for finding in self.anchors if finding.by_itself]
        asked = [finding.verdict for finding in self.gateway]
        if Verdict.FALSE in (*own, *asked):
            return Verdict.FALSE
        return Verdict.UNCHECKED if Verdict.UNCHECKED in asked else Verdict.HOLDS


@contextmanager
def private_index(
    nodes: Nodes, deployment: Deployment, finality: Finality, limits: Limits, tell: Tell, policy: Policy
) -> Iterator[Reader]:
    """An index of one's own, of the whole ledger up to the latest block, all heads compared; nothing of it is kept.

    Raises what an index raises.
    """
    with TemporaryDirectory(prefix="troth-") as folder:
        database = Database.in_file(Path(folder) / "audit.db")
        try:
            Indexer(nodes, database, deployment, finality, limits, tell, policy).synchronise()
            with database.read() as reader:
                yield reader
        finally:
            database.close()


def audit(
    reader: Reader,
    nodes: Sequence[Node],
    deployment: Deployment,
    text: str,
    at: BlockNumber | None,
    policy: Policy,
    policies: Policies,
    claims: Claims | None,
    shape: Shape,
    replaying: Progress,
    looking: Progress,
) -> Audit:
    """Audits a company, by its address or handle, as of a block, the latest by default. How far it has
    come is told in events of the log, then in blocks that may hold anchors.

    Raises as `find_company` does, UnknownCompany where it had not registered by then, BlockNotThere, and what a node
    raises.
    """
    cursor = reader.require_cursor()
    node = nodes[0]
    if at is not None and at > cursor.block.number:
        raise BlockNotThere(at, cursor.block.number)
    block = cursor.block if at is None else block_at(reader, node, at)
    company = find_company(reader, text)
    address = company.address
    logs = [log for log in reader.history_of(address) if log.block <= block.number]
    if not logs:
        raise UnknownCompany(f"{text} (as of block {block.number})")
    standings = standings_at(reader, block, replaying)
    found = score_of(standings, address, block, policy)
    placed = anchors_of(nodes, deployment, [address], logs[0].block, looking)
    told = [each for each in placed if each.placed.at.block <= block.number]
    since = day_range(Timestamp(max(0, block.time - (DAYS - 1) * DAY_S)), block.time)
    return Audit(
        deployment=deployment,
        nodes=tuple(each.url for each in nodes),
        latest=cursor.block,
        block=block,
        companies=len(reader.heads()),
        events=reader.event_count(),
        head=head_in(logs[-1]),
        view=CompanyView(company, profile_of(company), found, block.hash, block.number <= cursor.final),
        policy=policy,
        explanation=explain(standings[address], block.time, policy),
        ring=ring_of(reader, address, block.number),
        days=days(fold(standings[address], block.time, policy), since, policy),
        history=tuple(map(decode, logs)),
        anchors=tuple(examine_anchors(reader, told, deployment, policies)),
        gateway=tuple(examine_claims(reader, node, claims, address, deployment, policies, shape)) if claims else (),
    )


def deployment_on(node: Node) -> Deployment:
    """Where the ledger is on a node's chain, without a record: its address follows from its code, and its block is the
    first after which it is there. Raises NoContract, and NeedsRecord where the node has no old states.
    """
    address, latest = contract.created_address(), node.block("latest")
    if latest is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", "it has no latest block")
    if not node.code(address):
        raise NoContract(node.url, show_address(address))
    without, there = -1, latest.number
    while there - without > 1:
        middle = BlockNumber((without + there) // 2)
        try:
            code = node.code(address, middle)
        except NodeRefused as error:
            raise NeedsRecord(node.url, error.why) from error
        if code:
            there = middle
        else:
            without = middle
    return Deployment(node.chain_id, address, there, ZERO_DIGEST, contract.code_hash())
