"""Scheduling: anchors the figures of some companies once in each period, so that nobody chooses the moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.keys import Key
from ledger.proofs.blocks import ProvenHeader, read_header
from ledger.proofs.statements import HOUR_S
from ledger.scoring.policy import Policy
from ledger.services.acting import Desk
from ledger.services.companies import find_company
from ledger.services.proving import Prover, Stored, anchor, draft, prepare_anchor
from ledger.store.database import Database
from ledger.units import Address, BlockNumber, Digest, Timestamp

LOOK_S = 30.0
"""How often the schedule looks whether something is due, and tries again what failed."""

Tell = Callable[[str, Stored | Exception], None]
"""Called with a company and what came of it."""


@dataclass(frozen=True, slots=True)
class Anchoring:
    """How it goes with the anchors of a company."""

    company: str
    """As the settings name it."""
    block: BlockNumber | None
    """Of the last anchor that the chain was seen to have; None where none was since the start."""
    time: Timestamp | None
    failing_since: Timestamp | None
    """Since when each try has failed; None where the last did not."""


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
        self._last: dict[str, ProvenHeader] = {}
        self._failing: dict[str, Timestamp] = {}

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
            except Exception as error:
                # Of any kind: nobody would be told that the thread has ended.
                self._failing.setdefault(company, Timestamp(int(time.time())))
                self._tell(company, error)
            else:
                self._failing.pop(company, None)
                if stored is not None:
                    self._tell(company, stored)

    def state(self) -> list[Anchoring]:
        """How it goes with each company's anchors."""
        found = []
        for company in self._companies:
            last = self._last.get(company)
            block, when = (None, None) if last is None else (last.number, last.time)
            found.append(Anchoring(company, block, when, self._failing.get(company)))
        return found

    def _anchor(self, text: str) -> Stored | None:
        desk = self._desk()
        with self._database.read() as reader:
            company = find_company(reader, text).address
            last = self._latest(desk, company)
            if last is None:
                self._last.pop(text, None)
            else:
                self._last[text] = last
                now = desk.node.next_time()
                if last.time >= now - now % self._period_s:
                    return None
            drafted = draft(reader, desk, text, self._policy)
        bundle = anchor(desk, prepare_anchor(desk, self._key, drafted), drafted)
        stored = self._prover.keep(bundle)
        self._last[text] = read_header(bundle.basis.header)
        return stored

    def _latest(self, desk: Desk, company: Address) -> ProvenHeader | None:
        """The block of a company's last anchor. What the chain has given up since is forgotten."""
        for stored in self._prover.anchored(company):
            if stored.name not in self._headers:
                self._headers[stored.name] = read_header(self._prover.read(stored).basis.header)
            block = self._headers[stored.name]
            [there] = desk.node.blocks([stored.block])
            if there is not None and there.hash == block.hash:
                return block
            self._prover.forget(stored)
        return None
