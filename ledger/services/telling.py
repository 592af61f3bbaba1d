"""Telling: posts to a webhook what a watch finds not to hold, and when it holds again, until each was taken."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from ledger.errors import GatewayFailed
from ledger.gateways import Webhook
from ledger.services.monitoring import Finding, Verdict
from ledger.store.outbox import Outbox
from ledger.units import show_address

FIRST_REST_S = 1.0
LONGEST_REST_S = 300.0


class Teller:
    """Posts each thing once, in the order in which it was found, as one may that is asked again after every failure.

    What was not taken is tried again, after a rest that doubles each time, also by whoever watches next.
    """

    def __init__(self, outbox: Outbox, webhook: Webhook, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._webhook = webhook
        self._clock = clock
        self._rest_s = FIRST_REST_S
        self._ready_at = 0.0

    def hear(self, matter: str, finding: Finding) -> None:
        """Keeps what is to be told of a matter. Raises NoDatabase.

        What could not be checked is not told: what was told of it before stands until something else is known.
        """
        if finding.verdict is Verdict.UNCHECKED:
            return
        words = {"company": show_address(finding.company), "said": finding.said}
        words |= {"verdict": finding.verdict.value, "why": finding.why}
        said = None if finding.verdict is Verdict.HOLDS else f"{finding.verdict}: {finding.why}"
        self._outbox.put(matter, said, json.dumps(words))

    def deliver(self, stopping: Callable[[], bool]) -> str:
        """Posts what waits, unless that rests. Gives what is to be said where it was not taken. Raises NoDatabase."""
        while self._clock() >= self._ready_at and not stopping() and (post := self._outbox.first()):
            number, words = post
            try:
                self._webhook.post(json.loads(words))
            except GatewayFailed as error:
                rest, self._rest_s = self._rest_s, min(LONGEST_REST_S, 2 * self._rest_s)
                self._ready_at = self._clock() + rest
                return f"{error.what} {self.waiting()} left to post, tried again in {rest:.0f} s."
            self._rest_s = FIRST_REST_S
            # Whoever is killed before this posts it again: rather twice than not.
            self._outbox.done(number)
        return ""

    def waiting(self) -> int:
        """How many posts were not taken yet. Raises NoDatabase."""
        return self._outbox.waiting()
