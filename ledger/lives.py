"""Promises going through their lives: event after event, and from one to the one that takes its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger.errors import MalformedLog
from ledger.events import Amended, Made, PromiseEvent
from ledger.outcomes import Standing, advance, succeed
from ledger.units import PromiseId


def lives_of(events: Iterable[PromiseEvent]) -> dict[PromiseId, Standing]:
    """Where promises stand after all their events, in the chain's order, from the first. Raises MalformedLog."""
    after: dict[PromiseId, Standing] = {}
    lives = Lives({}, after)
    for event in events:
        lives.go_on(event)
    return after


class Lives:
    """Promises going through their events: from what they were `before` to what they are `after`, which is filled."""

    def __init__(self, before: Mapping[PromiseId, Standing], after: dict[PromiseId, Standing]) -> None:
        self._before = before
        self._after = after
        self._amended: dict[PromiseId, Amended] = {}

    def go_on(self, event: PromiseEvent) -> None:
        """The next event, in the chain's order. Raises MalformedLog where it does not follow."""
        before = self._after.get(event.id) or self._before.get(event.id)
        try:
            standing = advance(before, event)
        except ValueError as error:
            raise MalformedLog(event.at.block, event.at.log_index, str(error)) from error
        if isinstance(event, Amended):
            self._amended[event.successor] = event
        elif isinstance(event, Made) and (amendment := self._amended.pop(event.id, None)):
            # Both stand in one transaction, and so in one step.
            standing = succeed(standing, self._after[amendment.id], amendment.consented)
        self._after[event.id] = standing
