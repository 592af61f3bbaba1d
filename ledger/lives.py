"""Promises going through their lives: event after event, and from one to the one that takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ledger.errors import MalformedLog
from ledger.events import Amended, PromiseEvent
from ledger.outcomes import Fields, Standing, advance, begin, succeed
from ledger.units import PromiseId


def lives_of(events: Iterable[PromiseEvent]) -> dict[PromiseId, Standing]:
    """Where promises stand after all their events, in the chain's order, from the first. Raises MalformedLog."""
    return lives_from({}, events)


def lives_from(before: Mapping[PromiseId, Standing], events: Iterable[PromiseEvent]) -> dict[PromiseId, Standing]:
    """Where promises that have events stand after these, given where they stood before. Raises MalformedLog."""
    now: dict[PromiseId, Any] = {}
    amended: dict[PromiseId, Amended] = {}
    for event in events:
        id_ = event.id
        try:
            if (fields := now.get(id_)) is not None:
                advance(fields, event)
            elif (standing := before.get(id_)) is None:
                fields = now[id_] = begin(event)
            else:
                fields = now[id_] = list(standing)
                advance(fields, event)
        except ValueError as error:
            raise MalformedLog(event.at.block, event.at.log_index, str(error)) from error
        if type(event) is Amended:
            amended[event.successor] = event
        elif amended and (amendment := amended.pop(id_, None)) is not None:
            # Both stand in one transaction, and so in one step: this is the successor's `Made`.
            succeed(fields, now[amendment.id], amendment.consented)
    # Each in the place of what it is made of, which would else take as much memory again.
    for id_, fields in now.items():
        now[id_] = _standing(fields)
    return now


_standing: Callable[[Fields], Standing] = partial(tuple.__new__, Standing)
"""As `Standing._make` does, but for counting what it is given, which takes as long again."""
