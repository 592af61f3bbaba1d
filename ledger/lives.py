"""Promises going through their lives: event after event, and from one to the one that takes its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger.errors import MalformedLog
from ledger.events import Amended, PromiseEvent
from ledger.outcomes import Fields, Standing, advance, begin, succeed
from ledger.units import PromiseId


def lives_of(events: Iterable[PromiseEvent]) -> dict[PromiseId, Standing]:
    """Where promises stand after all their events, in the chain's order, from the first. Raises MalformedLog."""
    return lives_from({}, events)


def lives_from(before: Mapping[PromiseId, Standing], events: Iterable[PromiseEvent]) -> dict[PromiseId, Standing]:
    """Where promises that have events stand after these, given where they stood before. Raises MalformedLog."""
    now: dict[PromiseId, Fields] = {}
    amended: dict[PromiseId, Amended] = {}
    for event in events:
        id_ = event.id
        fields = now.get(id_)
        if fields is None and (standing := before.get(id_)) is not None:
            fields = now[id_] = list(standing)
        try:
            if fields is None:
                fields = now[id_] = begin(event)
            else:
                advance(fields, event)
        except ValueError as error:
            raise MalformedLog(event.at.block, event.at.log_index, str(error)) from error
        if isinstance(event, Amended):
            amended[event.successor] = event
        elif amended and (amendment := amended.pop(id_, None)) is not None:
            # Both stand in one transaction, and so in one step: this is the successor's `Made`.
            succeed(fields, now[amendment.id], amendment.consented)
    return {id_: Standing._make(fields) for id_, fields in now.items()}
