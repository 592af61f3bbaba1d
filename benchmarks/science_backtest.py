"""How well the estimate foretells real promises: month by month, from what came before, against other estimators.

A case is kept or not, in full and by its due time; the policy is the standard one without credit for late promises, so
that its estimate is a probability of that. What falls due in a month is foretold from all that was due before it.
"""

from __future__ import annotations

import csv
import gzip
import json
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from math import log
from pathlib import Path

from ledger.outcomes import Standing
from ledger.promises import service_code
from ledger.scoring.context import estimates, prior, services_of
from ledger.scoring.counting import counted
from ledger.scoring.intervals import interval
from ledger.scoring.policy import Policy
from ledger.scoring.reliability import reliability
from ledger.scoring.rows import PEERS, Book, Peers
from ledger.scoring.tallies import peers_shares, update
from ledger.sources.flights import Flight
from ledger.units import WHOLE, Timestamp, show_hex
from tests.support.build import ARBITER, a_standing

GRACE_S = 15 * 60
"""A flight that lands within a quarter of an hour of its schedule is on time (US Department of Transportation)."""

ELO_STEPS = (2, 4, 8, 16, 32, 64)
BINS = 10
SURE = 0.001
"""Probabilities nearer to 0 or 1 count as this for the logarithm."""


@dataclass(frozen=True, slots=True)
class Case:
    """One promise."""

    company: str
    service: str
    made_at: int
    due_at: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well an estimator foretold."""

    brier: float
    """Mean squared error of the probability (Brier, Monthly Weather Review 78, 1950)."""
    log_loss: float
    ece: float
    """Expected calibration error: the mean distance between foretold and kept, over bins of what was foretold."""
    bins: tuple[tuple[float, float, int], ...]
    """Foretold, kept, and how many, in each tenth that has any."""


def flight_cases(flights: Iterable[Flight]) -> Iterator[Case]:
    """A carrier's flights to one airport are the promises of one company: those are alike enough to learn from."""
    for flight in flights:
        due = flight.due_at + GRACE_S
        kept = flight.landed_at is not None and flight.landed_at <= due
        yield Case(flight.carrier + flight.destination, "arrival", flight.departs_at, due, kept)


def boston_cases(path: Path) -> Iterator[Case]:
    """Requests to the city of Boston, by neighbourhood and kind of request; those without a target are left out."""
    with gzip.open(path, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            if not row["deadline"] or row["deadline"] <= row["made_at"]:
                continue
            made, due = _moment(row["made_at"]), _moment(row["deadline"])
            kept = bool(row["fulfilled_at"]) and _moment(row["fulfilled_at"]) <= due
            yield Case(row["segment"], row["class"], made, due, kept)


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


class Estimator(ABC):
    """Foretells promises from those that were due before."""

    @abstractmethod
    def learn(self, cases: Sequence[Case]) -> None:
        """Takes in what fell due in a month, in the order of time."""

    @abstractmethod
    def foretell(self, company: str, service: str) -> float:
        """The probability that a company's next promise is kept."""


class Ours(Estimator):
    """The estimate of the score."""

    def __init__(self) -> None:
        document = Policy.named("standard").model_dump()
        document |= {"late_credit_bp": 0, "arbiters": [show_hex(ARBITER)]}
        self._policy = Policy.parse(json.dumps(document).encode(), "the benchmark's")
        self._books: defaultdict[str, Book] = defaultdict(Book)
        self._market = Book()
        self._now = Timestamp(0)

    def learn(self, cases: Sequence[Case]) -> None:
        """Adds to the sums that scores are made of."""
        found: defaultdict[str, list[Standing]] = defaultdict(list)
        for case in cases:
            duration, late = case.due_at - case.made_at, 0 if case.kept else None
            standing = a_standing(late, service=case.service, due_at=case.due_at, duration=duration)
            found[case.company].append(standing)
        self._now = Timestamp(max(case.due_at for case in cases))
        for company, standings in found.items():
            book = self._books[company]
            after = update(book, counted(standings, self._now, self._policy), self._policy)
            before = book.get(after)
            book.put(after)
            self._market.put(update(self._market, peers_shares(before, after), self._policy))

    def foretell(self, company: str, service: str) -> float:
        """The estimate for the service; for a company that is new to it, what its peers teach."""
        code = service_code(service)
        book = self._books[company]
        evidence = reliability(book, self._now, self._policy)[0].evidence
        for estimate in estimates(services_of(book, self._market), evidence, self._policy)[1]:
            if estimate.service == code:
                return estimate.expected / WHOLE
        key = PEERS + code
        part, whole = prior(Peers(*self._market.get([key]).get(key, ())), self._policy).mean
        return part / whole


class Counted(Estimator):
    """Kept ones counted since the beginning, and made a probability of."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])

    def learn(self, cases: Sequence[Case]) -> None:
        """Counts them."""
        for case in cases:
            counts = self._counts[case.company, case.service]
            counts[0] += case.kept
            counts[1] += 1

    def foretell(self, company: str, service: str) -> float:
        """The share, the share with one more of each, or the lower end of its interval."""
        kept, total = self._counts[company, service]
        match self._name:
            case "raw":
                return kept / total if total else 0.5
            case "laplace":
                return (kept + 1) / (total + 2)
        return interval(kept, total, Policy.named("standard").z_squared).low / WHOLE


class Elo(Estimator):
    """A rating that every promise moves (Elo, The Rating of Chessplayers, 1978), against an opponent of rating 0."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._ratings: defaultdict[tuple[str, str], float] = defaultdict(float)

    def learn(self, cases: Sequence[Case]) -> None:
        """Moves the ratings, promise by promise."""
        for case in cases:
            foretold = self.foretell(case.company, case.service)
            self._ratings[case.company, case.service] += self._step * (case.kept - foretold)

    def foretell(self, company: str, service: str) -> float:
        """By the logistic curve."""
        return float(1 / (1 + 10 ** (-self._ratings[company, service] / 400)))


def backtest(cases: Iterable[Case]) -> dict[str, Verdict]:
    """Every estimator over every month but the first; of Elo's steps, the one that foretold best, seen afterwards."""
    estimators: dict[str, Estimator] = {"estimate": Ours()}
    estimators |= {name: Counted(name) for name in ("raw", "laplace", "wilson")}
    estimators |= {f"elo {step}": Elo(step) for step in ELO_STEPS}
    foretold: dict[str, list[tuple[float, bool]]] = {name: [] for name in estimators}
    months = groupby(sorted(cases, key=lambda case: case.due_at), key=lambda case: _month(case.due_at))
    for number, (_, group) in enumerate(months):
        due = list(group)
        for name, estimator in estimators.items():
            if number:
                foretold[name] += _foretold(estimator, due)
            estimator.learn(due)
    verdicts = {name: _verdict(pairs) for name, pairs in foretold.items()}
    best = min((name for name in verdicts if name.startswith("elo")), key=lambda name: verdicts[name].brier)
    return {name: verdict for name, verdict in verdicts.items() if not name.startswith("elo") or name == best}


def _foretold(estimator: Estimator, due: Sequence[Case]) -> Iterator[tuple[float, bool]]:
    known: dict[tuple[str, str], float] = {}
    for case in due:
        what = case.company, case.service
        if what not in known:
            known[what] = estimator.foretell(*what)
        yield known[what], case.kept


def _month(time: int) -> date:
    return datetime.fromtimestamp(time, UTC).date().replace(day=1)


def _verdict(pairs: Sequence[tuple[float, bool]]) -> Verdict:
    bins: Mapping[int, list[tuple[float, bool]]] = defaultdict(list)
    squares = losses = 0.0
    for foretold, kept in pairs:
        bins[min(BINS - 1, int(foretold * BINS))].append((foretold, kept))
        squares += (foretold - kept) ** 2
        losses -= log(min(1 - SURE, max(SURE, foretold if kept else 1 - foretold)))
    shown = tuple(
        (sum(p for p, _ in found) / len(found), sum(kept for _, kept in found) / len(found), len(found))
        for _, found in sorted(bins.items())
    )
    ece = sum(abs(foretold - kept) * size for foretold, kept, size in shown) / len(pairs)
    return Verdict(squares / len(pairs), losses / len(pairs), ece, shown)
