"""What other companies teach about one: what to expect of it before its own promises speak, and how much it dares.

What is assured of a company follows from its own log and the policy alone. An estimate, and how ambitious its promises
were, need its peers: their sums stand in the rows of all companies together, as of the same block.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from operator import add, mul, sub
from typing import NamedTuple

from ledger.scoring.policy import POINT, Policy
from ledger.scoring.reliability import Evidence
from ledger.scoring.rows import FINE, PEERS, SERVICE, SIXTEENTHS_IN_ROW, SPAN, Key, Peers, Row, Rows, Service
from ledger.scoring.tallies import peer
from ledger.units import WHOLE, Ppm

Ratio = tuple[int, int]
"""A rational number as numerator and denominator: exact, and never brought to its lowest terms, which would take longer
than all that is done with it.
"""


class Expectation(NamedTuple):
    """A Beta distribution."""

    mean: Ratio
    strength: Ratio
    """How many promises it weighs."""


Services = dict[bytes, tuple[Service, Peers]]
"""What a company did of each service, and what all others did."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What to expect of a company's next promises of one service."""

    service: bytes
    matured: int
    expected: Ppm
    """Rounded down."""
    learnt: bool
    """Whether the prior is its peers'."""


@dataclass(frozen=True, slots=True)
class Ambition:
    """What a company kept against what its peers would have kept within the times that it promised."""

    kept: int
    """Of the promises whose service has peers."""
    expected_milli: int
    """Thousandths of promises, rounded down."""
    usual_milli: int
    """What its peers keep by their own deadlines, of as many promises: thousandths, rounded down."""

    @property
    def padding(self) -> Ppm | None:
        """What peers keep by their own deadlines over what they would by the company's, rounded down."""
        return Ppm(self.usual_milli * WHOLE // self.expected_milli) if self.expected_milli else None

    @property
    def ratio(self) -> Ppm | None:
        """Observed over expected, rounded down; None where peers would have kept nothing."""
        return Ppm(self.kept * 1000 * WHOLE // self.expected_milli) if self.expected_milli else None


def prior(peers: Peers, policy: Policy) -> Expectation:
    """What is expected of any company that promises a service.

    With companies enough, the moments of a Beta-Binomial, weighted by promises (Kleinman, "Proportions with extraneous
    variance", JASA 68, 1973); the policy's own numbers otherwise.
    """
    least, most = policy.prior.strength, policy.prior.strongest
    if peers.companies < policy.prior.companies:
        return Expectation((policy.prior.mean_ppm, WHOLE), (least, 1))
    count, total, _, credit, credit_squares, matured_squares = peers
    whole = POINT * total
    # m(1 − m) for the mean m, times whole²; it is in both of the next.
    alike = credit * (whole - credit)
    # The correlation is (spread − m(1 − m)(count − 1))/(m(1 − m)(total − Σ matured²/total − (count − 1))): both times
    # FINE·whole²·total.
    spread = (credit_squares * total - FINE * credit**2) * total
    correlation = (spread - FINE * alike * (count - 1)) * total
    room = FINE * alike * (total**2 - matured_squares - total * (count - 1))
    strength = most, 1
    if correlation > 0 and room > 0:
        if room - correlation <= least * correlation:
            strength = least, 1
        elif room - correlation < most * correlation:
            strength = room - correlation, correlation
    return Expectation((credit, whole), strength)


def services_of(rows: Rows, market: Rows) -> Services:
    """Each service that a company has promises of."""
    own = {key[1:]: Service(*row) for key, row in rows.between(SERVICE, SERVICE + b"\xff" * 8).items()}
    peers = market.get(PEERS + code for code in own)
    return {code: (mine, _others(Peers(*peers.get(PEERS + code, ())), mine)) for code, mine in own.items()}


def _others(peers: Peers, own: Service) -> Peers:
    """The companies of a service but one."""
    return Peers(*map(sub, peers, peer(own))) if peers.companies else peers


def estimates(services: Services, evidence: Evidence, policy: Policy) -> tuple[Ppm, tuple[Estimate, ...]]:
    """What to expect of a company's promises together, by how many it has made of each service, and of each service.

    A service's evidence is thinned as the company's is: by what capping leaves of the whole.
    """
    matured = sum(own.matured for own, _ in services.values())
    if not matured:
        return Ppm(policy.prior.mean_ppm), ()
    found = []
    mean = strength = 0, 1
    for code, (own, others) in services.items():
        expectation = prior(others, policy)
        mean = _plus(mean, expectation.mean, own.matured)
        strength = _plus(strength, expectation.strength, own.matured)
        share = evidence.weight * own.matured, evidence.unit * matured
        rate = own.low + own.high, 2 * POINT * own.weight
        learnt = others.companies >= policy.prior.companies
        found.append(Estimate(code, own.matured, _shrunk(expectation, rate, share), learnt))
    together = Expectation((mean[0], mean[1] * matured), (strength[0], strength[1] * matured))
    rate = evidence.low + evidence.high, 2 * evidence.weight or 1
    return _shrunk(together, rate, (evidence.weight, evidence.unit)), tuple(found)


def _plus(one: Ratio, other: Ratio, times: int = 1) -> Ratio:
    """The sum of one and so many times the other."""
    (a, b), (c, d) = one, other
    return (a + c * times, b) if b == d else (a * d + b * c * times, b * d)


def _shrunk(expectation: Expectation, rate: Ratio, evidence: Ratio) -> Ppm:
    """The mean of the Beta-Binomial after the evidence, rounded down.

    (strength · mean + evidence · rate) / (strength + evidence), with one division in all.
    """
    ((a, b), (c, d)), (e, f), (g, h) = expectation, rate, evidence
    return Ppm(WHOLE * (a * c * f * h + b * d * e * g) // (b * f * (c * h + d * g)))


def ambition(rows: Rows, market: Rows, services: Services) -> Ambition:
    """How much a company's promises dared, against all others that make promises of the same services."""
    if not services:
        return Ambition(0, 0, 0)
    times = rows.between(SPAN, SPAN + b"\xff" * 9)
    # All at once, with what may stand between: one look is less than one for each.
    ends = min(services), max(services)
    spans: defaultdict[bytes, list[tuple[Key, Row]]] = defaultdict(list)
    for key, row in market.between(SPAN + ends[0], SPAN + ends[1] + b"\xff").items():
        spans[key[1:9]].append((key, row))
    kept, expected, usual = 0, (0, 1), (0, 1)
    for code, (own, others) in services.items():
        if others.matured:
            kept += own.kept
            expected = _plus(expected, (_hoped(times, spans[code]), 2 * others.matured))
            usual = _plus(usual, (own.matured * others.kept, others.matured))
    return Ambition(kept, expected[0] * 1000 // expected[1], usual[0] * 1000 // usual[1])


def _hoped(own: Mapping[Key, Row], together: Iterable[tuple[Key, Row]]) -> int:
    """Twice the pairs of an own promise and another's that was fulfilled within the time of the first, of one service.

    Of those in the same span, half.
    """
    given: list[int] = []
    taken: list[int] = []
    for key, row in together:
        mine = own.get(key, _NO_SPANS)
        given += mine[:SIXTEENTHS_IN_ROW]
        taken += map(sub, row[SIXTEENTHS_IN_ROW:], mine[SIXTEENTHS_IN_ROW:])
    # How many were fulfilled before each sixteenth, and after the last.
    before = list(accumulate(taken, initial=0))
    return sum(map(mul, given, map(add, before, before[1:])))


_NO_SPANS = (0,) * 2 * SIXTEENTHS_IN_ROW
