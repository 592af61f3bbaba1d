"""Scheduling: anchors the figures of some companies once in each period, so that nobody chooses the moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ledger.errors import TrothError
from ledger.keys import Key
from ledger.proofs.blocks import ProvenHeader, read_header
from ledger.proofs.statements import HOUR_S
from ledger.scoring.policy import Policy
from ledger.services.acting import Desk
from ledger.services.companies import find_company
from ledger.services.proving import Prover, Stored, anchor, draft, prepare_anchor
from ledger.store.database import Database
from ledger.units import Address, Digest

LOOK_S = 30.0
"""How often the schedule looks whether something is due, and tries again what failed."""

Tell = Callable[[str, Stored | TrothError], None]
"""Called with a company and what came of it."""


class Schedule:
    """Anchors each company's figures once in each period of some hours, counted from the epoch."""

    def __init__(
        self,
        database: Database,
        desk: Callable[[], Desk],
        key: Key,
        policy: Policy,
        prover: Prover,
        companies: Sequence[str],
        hours: int,
        tell: Tell,
    ) -> None:
        self._database = database
        self._desk = desk
        self._key = key
        self._policy = policy
        self._prover = prover
        self._companies = companies
        self._period_s = hours * HOUR_S
        self._tell = tell
        self._headers: dict[Digest, ProvenHeader] = {}

    def run(self, stopping: threading.Event) -> None:
        """Goes on until it is told to stop."""
        while not stopping.is_set():
            self.look()
            stopping.wait(LOOK_S)

    def look(self) -> None:
        """Anchors what is due now, by the chain's clock. What fails is told, and tried again at the next look."""
        for company in self._companies:
            try:
                stored = self._anchor(company)
            except TrothError as error:
                self._tell(company, error)
            else:
                if stored is not None:
                    self._tell(company, stored)

    def _anchor(self, text: str) -> Stored | None:
        desk = self._desk()
        with self._database.read() as reader:
            company = find_company(reader, text).address
            if self._done(desk, company):
                return None
            drafted = draft(reader, desk, text, self._policy)
        return self._prover.keep(anchor(desk, prepare_anchor(desk, self._key, drafted), drafted))

    def _done(self, desk: Desk, company: Address) -> bool:
        """Whether a company's figures were anchored in this period. What the chain has given up since is forgotten."""
        for stored in self._prover.anchored(company):
            if stored.name not in self._headers:
                self._headers[stored.name] = read_header(self._prover.read(stored).basis.header)
            block = self._headers[stored.name]
            [there] = desk.node.blocks([stored.block])
            if there is not None and there.hash == block.hash:
                now = desk.node.next_time()
                return block.time >= now - now % self._period_s
            self._prover.forget(stored)
        return False
