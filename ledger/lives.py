"""Promises going through their lives: event after event, and from one to the one that takes its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger.errors import MalformedLog
from ledger.events import Amended, Made, PromiseEvent
from ledger.outcomes import Fields, Standing, advance, succeed
from ledger.units import PromiseId


def lives_of(events: Iterable[PromiseEvent]) -> dict[PromiseId, Standing]:
    """Where promises stand after all their events, in the chain's order, from the first. Raises MalformedLog."""
    lives = Lives({})
    for event in events:
        lives.go_on(event)
    return lives.after()


class Lives:
    """Promises going through their events, from what they were `before`."""

    def __init__(self, before: Mapping[PromiseId, Standing]) -> None:
        self._before = before
        self._now: dict[PromiseId, Fields] = {}
        self._amended: dict[PromiseId, Amended] = {}

    def go_on(self, event: PromiseEvent) -> None:
        """The next event, in the chain's order. Raises MalformedLog where it does not follow."""
        id_ = event.id
        fields = self._now.get(id_)
        if fields is None and id_ in self._before:
            fields = list(self._before[id_])
        try:
            now = self._now[id_] = advance(fields, event)
        except ValueError as error:
            raise MalformedLog(event.at.block, event.at.log_index, str(error)) from error
        if isinstance(event, Amended):
            self._amended[event.successor] = event
        elif isinstance(event, Made) and (amendment := self._amended.pop(id_, None)):
            # Both stand in one transaction, and so in one step.
            succeed(now, self._now[amendment.id], amendment.consented)

    def after(self) -> dict[PromiseId, Standing]:
        """Those that had events, as they stand now."""
        return {id_: Standing._make(fields) for id_, fields in self._now.items()}
