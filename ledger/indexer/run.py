"""Indexing: fetch the next part of the log, check it, and store it with the cursor in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType

from ledger.chain.contract import heads
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.nodes import Nodes
from ledger.decoding import decode
from ledger.errors import (
    BlockGone,
    BrokenLink,
    ChainDiverged,
    Contradiction,
    ForeignDatabase,
    HeadMismatch,
    NodeBehind,
    NodeRefused,
    NodesDisagree,
    NodeUnreachable,
    Unavailable,
)
from ledger.events import Block, Header, Log, Made
from ledger.indexer.fetch import TRIES, Fetched, Fetcher
from ledger.indexer.follow import Child, Finality, Range, Rewind, common, next_step
from ledger.indexer.notices import CaughtUp, Extended, NodeFailed, Notice, Rewound, Tell
from ledger.indexer.project import project
from ledger.indexer.scores import rows_of_all, turned
from ledger.indexer.undo import rewind
from ledger.links import replay
from ledger.scoring.policy import Policy
from ledger.store.database import Database
from ledger.store.reading import Reader
from ledger.store.records import Cursor
from ledger.units import (
    MAX_QUANTITY,
    ZERO_DIGEST,
    Address,
    BlockNumber,
    Digest,
    parse_address,
    show_address,
    show_hex,
)

BLOCKS_AT_ONCE = 2000
AHEAD = 4
Heads = Mapping[Address, Digest]

_DOUBTS = 2
"""How often a run undoes what it had stored, before it says what was wrong."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked for."""

    blocks: int = BLOCKS_AT_ONCE
    """Of one request for logs, at the most."""
    ahead: int = AHEAD
    """Requests for logs at the same time."""
    quorum: int = 1
    """Nodes that have to agree on each part of the log, and on what of it is final."""


def _quiet(_notice: Notice) -> None:
    pass


class Indexer:
    """Follows one ledger into one database, by one or more nodes, whose health it remembers from run to run."""

    def __init__(
        self,
        nodes: Nodes,
        database: Database,
        deployment: Deployment,
        finality: Finality,
        limits: Limits = Limits(),
        tell: Tell = _quiet,
        policy: Policy | None = None,
    ) -> None:
        self._nodes = nodes
        self._database = database
        self._deployment = deployment
        self._finality = finality
        self._tell = tell
        self._policy = policy or Policy.named("standard")
        self._fetcher = Fetcher(nodes, deployment, limits.blocks, limits.ahead, limits.quorum, tell)
        self._source = nodes.all[0]
        """The node whose answers the present step rests on."""

    def synchronise(self, to: BlockNumber | None = None) -> Cursor:
        """Indexes up to the chain's latest block, or the block `to`, and compares all heads.

        Goes on from where the database stopped, and undoes what the chain has given up since. At a block `to` that is
        not the latest, few nodes can tell the heads; whether they did is what the cursor says. Each step is one
        transaction, so that it can be killed at any moment. A node that fails is left for another, or asked again
        later; one whose answers do not fit together is left for another, and where there is none, what it raised is
        raised: Contradiction, while what was stored before stays.
        """
        failures = doubts = 0
        reached = -1
        while True:
            node = self._source = self._nodes.next()
            try:
                return self._go_on(node, BlockNumber(MAX_QUANTITY) if to is None else to)
            except (NodeUnreachable, NodeRefused, NodeBehind, BlockGone) as error:
                if isinstance(error, NodeBehind):
                    self._nodes.failed(node)
                self._tell(NodeFailed(error.url, error.what))
                failures = 1 if (number := self._number()) != reached else failures + 1
                reached = number
                if failures >= TRIES * len(self._nodes.all) or (isinstance(error, NodeBehind) and failures > 1):
                    raise
            except (ForeignDatabase, NodesDisagree):
                raise
            except Contradiction as error:
                if isinstance(error, BrokenLink | HeadMismatch) and self._doubt(error) and doubts < _DOUBTS:
                    doubts += 1
                    continue
                self._fetcher.blame(self._source, error)
                if not self._nodes.trusted:
                    raise

    def _number(self) -> int:
        with self._database.write() as writer:
            cursor = writer.cursor()
        return -1 if cursor is None else cursor.block.number

    def _go_on(self, node: Node, to: BlockNumber) -> Cursor:
        cursor = self._begin(node)
        before = cursor.block
        while True:
            number = cursor.block.number
            with self._nodes.asking(node):
                tag = self._finality.tag
                latest, tagged, here, child = node.blocks(["latest", tag, number, BlockNumber(number + 1)])
                if latest is None:
                    raise NodeRefused(node.url, "eth_getBlockByNumber", "it has no latest block")
            # A young chain has no final block yet. What was final once stays so, also for a node that is behind.
            final = cursor.final
            if tagged and (said := self._finality.of(tagged.number)) > final:
                final = max(final, self._fetcher.final(node, said, self._finality))
            target = BlockNumber(min(latest.number, to))
            match next_step(cursor.block, here, child, final, to):
                case None:
                    if latest.number < number:
                        raise NodeBehind(node.url, latest.number, number)
                    self._nodes.heard(node, cursor.block != before)
                    cursor = self._settle(cursor, here, final)
                    break
                case Range() as blocks:
                    cursor = self._extend_all(cursor, blocks, target, final)
                    self._source = node
                case Child(block):
                    cursor = self._extend(node, cursor, block, self._fetcher.child(node, block), target, final, {})
                case Rewind():
                    cursor = self._give_up(node, cursor)
        return self._compare_all(node, cursor, latest.number)

    def _begin(self, node: Node) -> Cursor:
        with self._nodes.asking(node):
            self._fetcher.ready(node)
            with self._database.write() as writer:
                require_same_ledger(writer, self._deployment, self._database.url)
                cursor = writer.cursor()
                if cursor is None:
                    # Before the deployment there is nothing to undo.
                    before = BlockNumber(self._deployment.block - 1)
                    first = _existing(node, before)
                    cursor = Cursor(self._deployment.account, first, before, first, self._policy.hash)
                    writer.move_cursor(cursor)
                    writer.add_recent(cursor.block)
                elif cursor.policy != self._policy.hash:
                    writer.forget_scores()
                    writer.put_rows(rows_of_all(writer, cursor.block.time, self._policy))
                    cursor = replace(cursor, policy=self._policy.hash)
                    writer.move_cursor(cursor)
                return cursor

    def _extend_all(self, cursor: Cursor, blocks: Range, target: BlockNumber, final: BlockNumber) -> Cursor:
        """Stores a range, part by part, until somebody else has stored something."""
        with self._database.read() as reader:
            companies = reader.heads().keys()
        for fetched in self._fetcher.ranges(blocks, companies):
            self._source = fetched.node
            if fetched.first.number != cursor.block.number + 1:
                break
            _require_child(fetched, cursor)
            cursor = self._extend(fetched.node, cursor, fetched.last, fetched.logs, target, final, fetched.heads)
        return cursor

    def _extend(
        self,
        node: Node,
        cursor: Cursor,
        reached: Block,
        logs: list[Log],
        target: BlockNumber,
        final: BlockNumber,
        told: Heads | None,
    ) -> Cursor:
        block = Block(reached.number, reached.hash, reached.time)
        with self._database.read() as reader:
            if reader.cursor() != cursor:
                # Another indexer was faster: what it stored was checked as we would have.
                return reader.require_cursor()
            known = reader.heads()
            replay(known, logs, self._deployment.chain_id, self._deployment.address)
            made = {log.promise for log in logs if log.topic == Made.SHAPE.topic}
            standings = reader.standings({log.promise for log in logs if log.promise is not None} - made)
            companies = reader.companies_among({log.company for log in logs})
            after = project(map(decode, logs), companies, standings)
            rows = turned(reader, standings, cursor.block.time, after.standings, block.time, self._policy)
        checked = block if self._heads_agree(node, known, block, told) else cursor.checked
        with self._database.write() as writer:
            if writer.cursor() != cursor:
                return writer.require_cursor()
            writer.add_events(logs)
            writer.put_companies(after.companies.values())
            writer.put_standings(after.standings.values())
            writer.put_rows(rows)
            # A step continues the last block indexed, so what is final on the chain is so here.
            cursor = replace(cursor, block=block, final=BlockNumber(min(final, block.number)), checked=checked)
            writer.move_cursor(cursor)
            writer.add_recent(block)
            writer.settle(cursor.final)
        self._tell(Extended(block, target, len(logs)))
        return cursor

    def _heads_agree(self, node: Node, known: Heads, block: Block, told: Heads | None) -> bool:
        """Whether the heads are the contract's, before what gave them is stored; `told` of them was asked for already,
        None where the node did not say. Raises HeadMismatch where they are not, BlockGone; False where the node can't
        tell: few keep the state of old blocks.
        """
        if told is None:
            return False
        try:
            compare_heads(node, self._deployment, known, block, told)
        except NodeRefused:
            return False
        return True

    def _heads_told(self, company: Address, block: Block) -> list[Digest]:
        """A company's head after a block, by each node that has that block and can tell."""
        told = []
        for node in self._nodes.all:
            with suppress(Unavailable):
                if (header := node.block(block.number)) and header.hash == block.hash:
                    told += heads(node, self._deployment.address, [company], block.number)
        return told

    def _compare_all(self, node: Node, cursor: Cursor, latest: BlockNumber) -> Cursor:
        with self._database.read() as reader:
            known = reader.heads()
        if cursor.block.number < latest:
            # One was told to stop here, where the node may have no state any more.
            if not self._heads_agree(node, known, cursor.block, {}):
                return cursor
        else:
            with self._nodes.asking(node):
                compare_heads(node, self._deployment, known, cursor.block)
        with self._database.write() as writer:
            if writer.cursor() == cursor and cursor.checked != cursor.block:
                cursor = replace(cursor, checked=cursor.block)
                writer.move_cursor(cursor)
        self._tell(CaughtUp(cursor.block, cursor.final))
        return cursor

    def _settle(self, cursor: Cursor, here: Header | None, final: BlockNumber) -> Cursor:
        """Says what is final now. What was indexed above it is only where the chain still has the last of it."""
        settled = BlockNumber(min(final, cursor.block.number))
        if here is None or here.hash != cursor.block.hash or settled == cursor.final:
            return cursor
        with self._database.write() as writer:
            if writer.cursor() != cursor:
                return writer.require_cursor()
            cursor = replace(cursor, final=settled)
            writer.move_cursor(cursor)
            writer.settle(settled)
        return cursor

    def _give_up(self, node: Node, cursor: Cursor) -> Cursor:
        """Goes back to the last block that the chain still has. Raises ChainDiverged if that is not above finality."""
        with self._database.read() as reader:
            recent = reader.recent()
        with self._nodes.asking(node):
            headers = node.blocks([block.number for block in recent])
            if None in headers:
                # A moment ago it had another one at the last of these numbers. Some addresses stand for many nodes.
                raise NodeRefused(node.url, "eth_getBlockByNumber", f"it lacks blocks up to {cursor.block.number} now")
        block = common(recent, {header.number: header.hash for header in headers if header is not None}, cursor.final)
        with self._database.write() as writer:
            if writer.cursor() != cursor:
                return writer.require_cursor()
            after = rewind(writer, cursor, block, self._policy)
        self._tell(Rewound(cursor.block.number, block.number, "the chain gave up its blocks"))
        return after

    def _doubt(self, error: BrokenLink | HeadMismatch) -> bool:
        """After a contradiction about a company: forgets what was stored since all heads were compared, if it is that
        which is wrong, as far as nodes can tell, and not what one said last. Where even older is wrong, a company was
        left out whole: all is forgotten. Gives whether anything was.
        """
        company = parse_address(error.company)
        with self._database.read() as reader:
            cursor = reader.require_cursor()
            known = reader.company(company)
        checked = cursor.checked.number == cursor.block.number
        told = self._heads_told(company, cursor.block)
        if told:
            right = told.count(known.head if known else ZERO_DIGEST)
            if right >= len(told) - right:
                return False
        elif checked:
            # Few nodes keep the state of old blocks. What never was compared is not believed then.
            return False
        block = cursor.checked
        if checked:
            try:
                block = _existing(self._source, BlockNumber(self._deployment.block - 1))
            except Unavailable:
                return False
        with self._database.write() as writer:
            if writer.cursor() != cursor:
                return False
            rewind(writer, cursor, block, self._policy)
        self._tell(Rewound(cursor.block.number, block.number, error.what))
        return True


def compare_heads(
    node: Node, deployment: Deployment, known: Heads, block: Block, told: Heads = MappingProxyType({})
) -> None:
    """Compares the replayed heads of companies with the contract's at a block, of which the node told some already.
    Raises HeadMismatch at the first; BlockGone where the node has another block by now, whose heads these are.
    """
    rest = [company for company in known if company not in told]
    on_chain = dict(told) | dict(zip(rest, heads(node, deployment.address, rest, block.number), strict=True))
    for company, head in known.items():
        if head != (theirs := on_chain[company]):
            if _existing(node, block.number).hash != block.hash:
                raise BlockGone(node.url, block.number)
            raise HeadMismatch(show_address(company), show_hex(head), show_hex(theirs), block.number)


def require_on_chain(node: Node, cursor: Cursor) -> BlockNumber:
    """Gives a node's latest block. Raises NodeBehind, BlockGone or ChainDiverged if its chain lacks the last one that
    is indexed.
    """
    latest, here = node.blocks(["latest", cursor.block.number])
    if latest is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", "it has no latest block")
    if latest.number < cursor.block.number:
        raise NodeBehind(node.url, latest.number, cursor.block.number)
    if here is None or here.hash != cursor.block.hash:
        if not cursor.is_final:
            raise BlockGone(node.url, cursor.block.number)
        theirs = "none" if here is None else show_hex(here.hash)
        raise ChainDiverged(cursor.block.number, show_hex(cursor.block.hash), theirs)
    return latest.number


def require_same_ledger(reader: Reader, deployment: Deployment, url: str) -> None:
    """Raises ForeignDatabase if the database holds another ledger than this deployment's."""
    cursor = reader.cursor()
    if cursor is not None and cursor.account != deployment.account:
        raise ForeignDatabase(url, cursor.account, deployment.account)


def _require_child(fetched: Fetched, cursor: Cursor) -> None:
    if fetched.first.parent != cursor.block.hash:
        raise ChainDiverged(cursor.block.number, show_hex(cursor.block.hash), show_hex(fetched.first.parent))


def _existing(node: Node, number: BlockNumber) -> Block:
    header = node.block(number)
    if header is None:
        raise NodeRefused(node.url, "eth_getBlockByNumber", f"it has no block {number}")
    return Block(header.number, header.hash, header.time)
