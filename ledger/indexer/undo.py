"""Going back: the log after a block is forgotten, and what stood on it is computed anew from what is left."""

from __future__ import annotations

from dataclasses import replace

from ledger.decoding import decode
from ledger.events import Amended, Block, Log, Made, PromiseEvent
from ledger.indexer.project import company_of
from ledger.indexer.scores import turned
from ledger.lives import lives_of
from ledger.scoring.policy import Policy
from ledger.store.reading import Reader
from ledger.store.records import Cursor
from ledger.store.writing import Writer
from ledger.units import BlockNumber, PromiseId


def rewind(writer: Writer, cursor: Cursor, block: Block, policy: Policy) -> Cursor:
    """Makes the database what it was at a block that it had indexed. Gives where it stands then."""
    companies, promises = writer.undo(block.number)
    before = writer.standings(promises)
    standings = lives_of(_with_predecessors(writer, promises))
    kept = {id_: standing for id_, standing in standings.items() if id_ in promises}
    writer.put_standings(kept.values())
    writer.forget((), promises - standings.keys())
    writer.put_rows(turned(writer, before, cursor.block.time, kept, block.time, policy))
    for company in companies:
        if (last := writer.last_log_of(company)) is None:
            writer.forget((company,), ())
        else:
            writer.put_companies([company_of([decode(log) for log in writer.company_logs(company)], decode(last))])
    checked = min(cursor.checked, block, key=lambda checked: checked.number)
    cursor = replace(cursor, block=block, final=BlockNumber(min(cursor.final, block.number)), checked=checked)
    writer.move_cursor(cursor)
    if not writer.recent():
        # Blocks before the oldest that was kept are known by nothing but their events.
        writer.add_recent(block)
    return cursor


def _with_predecessors(reader: Reader, promises: set[PromiseId]) -> list[PromiseEvent]:
    """All events of promises, and of those in whose place they came: their times may go over."""
    logs: list[Log] = []
    known: set[PromiseId] = set()
    wanted = set(promises)
    while wanted:
        found = reader.logs_of_all(wanted)
        known |= wanted
        logs += found
        made = [log for log in found if log.topic == Made.SHAPE.topic]
        # An amendment stands right before the promise that it makes.
        before = map(decode, reader.logs_at([(log.block, log.log_index - 1) for log in made]))
        wanted = {event.id for event in before if isinstance(event, Amended) and event.successor in known} - known
    logs.sort()
    return [event for event in map(decode, logs) if isinstance(event, PromiseEvent)]
