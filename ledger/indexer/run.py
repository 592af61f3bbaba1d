"""Indexing: fetch a range of the log, check it, and store it with the cursor in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from ledger.chain.contract import heads
from ledger.chain.deployment import Deployment
from ledger.chain.logs import decode, parse_log
from ledger.chain.node import Node
from ledger.errors import ForeignDatabase, HeadMismatch, MalformedLog, NodeRefused
from ledger.events import ASIDE, Block, Event, Log, PromiseEvent
from ledger.indexer.follow import Range, next_range
from ledger.indexer.project import project
from ledger.store.database import Database
from ledger.store.reading import Reader
from ledger.store.records import Company, Cursor
from ledger.units import BlockNumber, show_address, show_hex

BLOCKS_PER_STEP = 2000

Progress = Callable[[BlockNumber, BlockNumber, int], None]
"""Called with the last block indexed, the block to reach, and how many events the step added."""


def synchronise(
    node: Node,
    database: Database,
    deployment: Deployment,
    finality: str,
    step: int = BLOCKS_PER_STEP,
    progress: Progress | None = None,
) -> Cursor:
    """Indexes up to the block that the node calls `finality` (latest, safe or finalized), and compares all heads.

    Goes on from where the database stopped. Each step is one transaction, so that it can be killed at any moment.
    Raises Contradiction where the node's answers do not fit together; what was stored before stays.
    """
    deployment.verify(node)
    cursor = _begin(node, database, deployment)
    head = node.block(finality)
    if head is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no {finality} block yet")
    while blocks := next_range(cursor.block, node.block(cursor.block.number), head, step):
        cursor, added = _step(node, database, deployment, cursor, blocks)
        if progress is not None:
            progress(cursor.block.number, head.number, added)
    with database.read() as reader:
        companies = reader.companies()
    compare_heads(node, deployment, companies, cursor.block.number)
    return cursor


def compare_heads(node: Node, deployment: Deployment, companies: list[Company], block: BlockNumber) -> None:
    """Compares the replayed heads of companies with the contract's at a block. Raises HeadMismatch at the first."""
    on_chain = heads(node, deployment.address, [company.address for company in companies], block)
    for company, head in zip(companies, on_chain, strict=True):
        if company.head != head:
            raise HeadMismatch(show_address(company.address), show_hex(company.head), show_hex(head), block)


def require_same_ledger(reader: Reader, deployment: Deployment, url: str) -> None:
    """Raises ForeignDatabase if the database holds another ledger than this deployment's."""
    cursor = reader.cursor()
    if cursor is not None and cursor.account != deployment.account:
        raise ForeignDatabase(url, cursor.account, deployment.account)


def _begin(node: Node, database: Database, deployment: Deployment) -> Cursor:
    with database.write() as writer:
        require_same_ledger(writer, deployment, database.url)
        cursor = writer.cursor()
        if cursor is None:
            before = BlockNumber(deployment.block - 1)
            cursor = Cursor(deployment.account, _existing(node, before))
            writer.move_cursor(cursor)
        return cursor


def _step(node: Node, database: Database, deployment: Deployment, cursor: Cursor, blocks: Range) -> tuple[Cursor, int]:
    logs = _fetch(node, deployment, blocks)
    reached = Cursor(cursor.account, _existing(node, blocks.last))
    events = [event for _, event in logs]
    with database.write() as writer:
        if writer.cursor() != cursor:
            # Another indexer was faster: what it stored was checked as we would have.
            return writer.require_cursor(), 0
        before = writer.standings({event.id for event in events if isinstance(event, PromiseEvent)})
        companies = {company.address: company for company in writer.companies()}
        after = project(events, companies, before, deployment.chain_id, deployment.address)
        writer.add_events(logs)
        writer.put_companies(after.companies.values())
        writer.put_standings(after.standings.values())
        writer.move_cursor(reached)
    return reached, len(events)


def _fetch(node: Node, deployment: Deployment, blocks: Range) -> list[tuple[Log, Event]]:
    logs = [parse_log(raw, deployment.address) for raw in node.logs(deployment.address, blocks.first, blocks.last)]
    logs.sort(key=lambda log: (log.at.block, log.at.log_index))
    for one, other in pairwise(logs):
        if (one.at.block, one.at.log_index) == (other.at.block, other.at.log_index):
            raise MalformedLog(other.at.block, other.at.log_index, "another log stands at the same place")
    for log in logs:
        if not blocks.first <= log.at.block <= blocks.last:
            why = f"blocks {blocks.first} to {blocks.last} were asked for"
            raise MalformedLog(log.at.block, log.at.log_index, why)
    return [(log, decode(log)) for log in logs if not ASIDE.intersection(log.topics[:1])]


def _existing(node: Node, number: BlockNumber) -> Block:
    block = node.block(number)
    if block is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no block {number}")
    return block
