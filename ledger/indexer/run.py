"""Indexing: fetch a range of the log, check it, and store it with the cursor in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from ledger.chain.contract import heads
from ledger.chain.deployment import Deployment
from ledger.chain.logs import decode, may_hold, parse_log
from ledger.chain.node import Node
from ledger.errors import (
    BrokenLink,
    ChainDiverged,
    ForeignDatabase,
    HeadMismatch,
    MalformedLog,
    NodeBehind,
    NodeRefused,
    Unavailable,
)
from ledger.events import ASIDE, Block, Event, Header, Log, PromiseEvent
from ledger.indexer.follow import Child, Finality, Range, Rewind, common, next_step, window
from ledger.indexer.project import project
from ledger.indexer.undo import rewind
from ledger.store.database import Database
from ledger.store.reading import Reader
from ledger.store.records import Company, Cursor
from ledger.units import ZERO_DIGEST, Address, BlockNumber, parse_address, show_address, show_hex

BLOCKS_PER_STEP = 2000

Progress = Callable[[BlockNumber, BlockNumber, int], None]
"""Called with the last block indexed, the block to reach, and how many events the step added."""


def synchronise(
    node: Node,
    database: Database,
    deployment: Deployment,
    finality: Finality,
    step: int = BLOCKS_PER_STEP,
    progress: Progress | None = None,
) -> Cursor:
    """Indexes up to the chain's latest block, and compares all heads.

    Goes on from where the database stopped, and undoes what the chain has given up since. Each step is one transaction,
    so that it can be killed at any moment. Raises Contradiction where the node's answers do not fit together; what was
    stored before stays.
    """
    deployment.verify(node)
    cursor = _begin(node, database, deployment)
    try:
        return _go_on(node, database, deployment, finality, step, progress, cursor)
    except (BrokenLink, HeadMismatch) as error:
        _doubt(node, database, deployment, parse_address(error.company))
        raise


def _go_on(
    node: Node,
    database: Database,
    deployment: Deployment,
    finality: Finality,
    step: int,
    progress: Progress | None,
    cursor: Cursor,
) -> Cursor:
    while True:
        number = cursor.block.number
        latest, tagged, here, child = node.blocks(["latest", finality.tag, number, BlockNumber(number + 1)])
        if latest is None:
            raise NodeRefused(node.url, "eth_getBlockByNumber", "it has no latest block")
        # A young chain has no final block yet. What was final once stays so, also for a node that is behind.
        final = max(cursor.final, finality.of(tagged.number) if tagged else BlockNumber(0))
        added = 0
        match next_step(cursor.block, here, child, final, step):
            case None:
                if latest.number < number:
                    raise NodeBehind(node.url, latest.number, number)
                cursor = _settle(database, cursor, here, final)
                break
            case Range() as blocks:
                reached, logs = _fetch_range(node, deployment, cursor, blocks)
                cursor, added = _extend(node, database, deployment, cursor, reached, logs, final)
            case Child(block):
                logs = _fetch_child(node, deployment, block)
                cursor, added = _extend(node, database, deployment, cursor, block, logs, final)
            case Rewind():
                cursor = _give_up(node, database, cursor)
        if progress is not None:
            progress(cursor.block.number, latest.number, added)
    with database.read() as reader:
        companies = reader.companies()
    compare_heads(node, deployment, companies, cursor.block.number)
    with database.write() as writer:
        if writer.cursor() == cursor:
            cursor = replace(cursor, checked=cursor.block)
            writer.move_cursor(cursor)
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
            # Before the deployment there is nothing to undo.
            before = BlockNumber(deployment.block - 1)
            first = _existing(node, before)
            cursor = Cursor(deployment.account, first, before, first)
            writer.move_cursor(cursor)
            writer.keep_recent([cursor.block])
        return cursor


def _settle(database: Database, cursor: Cursor, here: Header | None, final: BlockNumber) -> Cursor:
    """Says what is final now. What was indexed above it is only where the chain still has the last of it."""
    settled = BlockNumber(min(final, cursor.block.number))
    if here is None or here.hash != cursor.block.hash or settled == cursor.final:
        return cursor
    with database.write() as writer:
        if writer.cursor() != cursor:
            return writer.require_cursor()
        cursor = replace(cursor, final=settled)
        writer.move_cursor(cursor)
        writer.keep_recent(window(writer.recent(), settled))
    return cursor


def _extend(
    node: Node,
    database: Database,
    deployment: Deployment,
    cursor: Cursor,
    reached: Block,
    logs: list[tuple[Log, Event]],
    final: BlockNumber,
) -> tuple[Cursor, int]:
    events = [event for _, event in logs]
    block = Block(reached.number, reached.hash, reached.time)
    with database.read() as reader:
        if reader.cursor() != cursor:
            # Another indexer was faster: what it stored was checked as we would have.
            return reader.require_cursor(), 0
        before = reader.standings({event.id for event in events if isinstance(event, PromiseEvent)})
        companies = {company.address: company for company in reader.companies()}
    after = project(events, companies, before, deployment.chain_id, deployment.address)
    known = list((companies | after.companies).values())
    checked = block if _heads_agree(node, deployment, known, block.number) else cursor.checked
    with database.write() as writer:
        if writer.cursor() != cursor:
            return writer.require_cursor(), 0
        writer.add_events(logs)
        writer.put_companies(after.companies.values())
        writer.put_standings(after.standings.values())
        # A step continues the last block indexed, so what is final on the chain is so here.
        cursor = Cursor(cursor.account, block, BlockNumber(min(final, block.number)), checked)
        writer.move_cursor(cursor)
        writer.keep_recent(window([*writer.recent(), block], cursor.final))
    return cursor, len(events)


def _heads_agree(node: Node, deployment: Deployment, companies: list[Company], block: BlockNumber) -> bool:
    """Whether the heads are the contract's, before what gave them is stored. Raises HeadMismatch where they are not;
    False where the node can't tell: few keep the state of old blocks.
    """
    try:
        compare_heads(node, deployment, companies, block)
    except NodeRefused:
        return False
    return True


def _give_up(node: Node, database: Database, cursor: Cursor) -> Cursor:
    """Goes back to the last block that the chain still has. Raises ChainDiverged if that is not above finality."""
    with database.read() as reader:
        recent = reader.recent()
    headers = node.blocks([block.number for block in recent])
    block = common(recent, {header.number: header.hash for header in headers if header is not None}, cursor.final)
    with database.write() as writer:
        if writer.cursor() != cursor:
            return writer.require_cursor()
        return rewind(writer, cursor, block)


def _doubt(node: Node, database: Database, deployment: Deployment, company: Address) -> None:
    """After a contradiction about a company: forgets what was stored since all heads were compared, if it is that which
    is wrong and not what the node said last. Where even older is wrong, a company was left out whole: all is forgotten.
    """
    with database.read() as reader:
        cursor = reader.require_cursor()
        known = reader.company(company)
    ours = known.head if known else ZERO_DIGEST
    try:
        [theirs] = heads(node, deployment.address, [company], cursor.block.number)
        before = _existing(node, BlockNumber(deployment.block - 1))
    except Unavailable:
        return
    if theirs == ours:
        return
    with database.write() as writer:
        if writer.cursor() == cursor:
            rewind(writer, cursor, cursor.checked if cursor.checked.number < cursor.block.number else before)


def _fetch_range(
    node: Node, deployment: Deployment, cursor: Cursor, blocks: Range
) -> tuple[Block, list[tuple[Log, Event]]]:
    first, last = node.blocks([blocks.first, blocks.last])
    if first is None or last is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", f"it lacks block {blocks.first} or {blocks.last}")
    if first.parent != cursor.block.hash:
        raise ChainDiverged(cursor.block.number, show_hex(cursor.block.hash), show_hex(first.parent))
    raw = node.logs(deployment.address, blocks.first, blocks.last)
    return last, _checked([parse_log(log, deployment.address) for log in raw], blocks.first, blocks.last)


def _fetch_child(node: Node, deployment: Deployment, block: Header) -> list[tuple[Log, Event]]:
    if not may_hold(block, deployment.address):
        return []
    raw = node.logs_of(deployment.address, block.hash)
    return _checked([parse_log(log, deployment.address, block.hash) for log in raw], block.number, block.number)


def _checked(logs: list[Log], first: BlockNumber, last: BlockNumber) -> list[tuple[Log, Event]]:
    logs.sort(key=lambda log: (log.at.block, log.at.log_index))
    for one, other in pairwise(logs):
        if (one.at.block, one.at.log_index) == (other.at.block, other.at.log_index):
            raise MalformedLog(other.at.block, other.at.log_index, "another log stands at the same place")
    for log in logs:
        if not first <= log.at.block <= last:
            raise MalformedLog(log.at.block, log.at.log_index, f"blocks {first} to {last} were asked for")
    return [(log, decode(log)) for log in logs if not ASIDE.intersection(log.topics[:1])]


def _existing(node: Node, number: BlockNumber) -> Block:
    header = node.block(number)
    if header is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no block {number}")
    return Block(header.number, header.hash, header.time)
