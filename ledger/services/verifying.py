"""Looks over all that the index has stored: the log by its links, and what follows from it by computing it anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.decoding import decode
from ledger.errors import (
    BlockGone,
    BrokenLink,
    HeadMismatch,
    LogDiffers,
    MalformedLog,
    NodeBehind,
    NodeRefused,
    NodeUnreachable,
    QuorumMissing,
    RowsDiffer,
    StateGone,
    Unavailable,
)
from ledger.events import Event
from ledger.indexer.project import project
from ledger.indexer.run import compare_heads, require_on_chain, require_same_ledger
from ledger.indexer.scores import rows_of_all
from ledger.links import replay
from ledger.scoring.policy import Policy
from ledger.store.database import Database
from ledger.store.reading import Reader
from ledger.store.records import Cursor
from ledger.units import Address, Digest, show_address, show_hex


def verify(
    nodes: Sequence[Node], quorum: int, database: Database, deployment: Deployment, policy: Policy
) -> tuple[Cursor, int]:
    """Replays the stored log from its beginning, and compares its heads with the contract's by as many nodes as the
    quorum, and what follows from it with the stored companies and promises, and with the rows that scores are made of,
    where those are kept under this policy. Gives how far it goes, and how many events it has.

    Raises LogDiffers or RowsDiffer at the first that is not as it should be; StateGone, BlockGone, NodeBehind or
    NodeUnreachable where all but the contract's heads was compared.
    """
    with database.read() as reader:
        require_same_ledger(reader, deployment, database.url)
        cursor = reader.require_cursor()
        try:
            heads, count = _replay(reader, deployment, database.url)
            if cursor.policy == policy.hash:
                _compare_scores(reader, cursor, policy, database.url)
            _compare_heads(nodes, quorum, deployment, heads, cursor)
        except (MalformedLog, BrokenLink, HeadMismatch) as error:
            raise LogDiffers(database.url, error.what) from error
    return cursor, count


def _compare_heads(
    nodes: Sequence[Node], quorum: int, deployment: Deployment, heads: dict[Address, Digest], cursor: Cursor
) -> None:
    agreeing = 0
    failed: list[Unavailable] = []
    for node in nodes:
        try:
            deployment.verify(node)
            require_on_chain(node, cursor)
            compare_heads(node, deployment, heads, cursor.block)
        except NodeRefused as error:
            failed.append(StateGone(node.url, cursor.block.number, error.what))
        except (NodeUnreachable, NodeBehind, BlockGone) as error:
            failed.append(error)
        else:
            agreeing += 1
        if agreeing == quorum:
            return
    raise failed[0] if failed else QuorumMissing(quorum, len(nodes))


def _replay(reader: Reader, deployment: Deployment, url: str) -> tuple[dict[Address, Digest], int]:
    heads: dict[Address, Digest] = {}
    count = 0

    def events() -> Iterator[Event]:
        nonlocal count
        for log in reader.log():
            replay(heads, [log], deployment.chain_id, deployment.address)
            count += 1
            yield decode(log)

    after = project(events(), {}, {})
    stored = {company.address: company for company in reader.companies()}
    for address in stored.keys() | after.companies.keys():
        if stored.get(address) != after.companies.get(address):
            raise RowsDiffer(url, f"the company {show_address(address)}")
        for standing in reader.standings_of(address):
            if after.standings.pop(standing.id, None) != standing:
                raise RowsDiffer(url, f"the promise {show_hex(standing.id)}")
    for left in after.standings:
        raise RowsDiffer(url, f"the promise {show_hex(left)}")
    return heads, count


def _compare_scores(reader: Reader, cursor: Cursor, policy: Policy, url: str) -> None:
    for company, rows in rows_of_all(reader, cursor.block.time, policy).items():
        known = {key: row for key, row in rows.items() if any(row)}
        if reader.rows_of(company).all() != known:
            raise RowsDiffer(url, f"a row that scores are made of, of {show_address(company)}")
