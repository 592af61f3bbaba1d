"""What other companies teach about one: what to expect of it before its own promises speak, and how much it dares.

What is assured of a company follows from its own log and the policy alone. An estimate, and how ambitious its promises
were, need its peers: their sums stand in the rows of all companies together, as of the same block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from operator import mul, sub

from ledger.scoring.policy import POINT, Policy
from ledger.scoring.reliability import Evidence
from ledger.scoring.rows import FINE, PEERS, SERVICE, SIXTEENTHS, SPAN, Key, Peers, Row, Rows, Service
from ledger.scoring.tallies import peer
from ledger.units import WHOLE, Ppm


@dataclass(frozen=True, slots=True)
class Expectation:
    """A Beta distribution."""

    mean: Fraction
    strength: Fraction
    """How many promises it weighs."""


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
    if peers.companies < policy.prior.companies:
        return Expectation(Fraction(policy.prior.mean_ppm, WHOLE), Fraction(policy.prior.strength))
    count, total = peers.companies, peers.matured
    mean = Fraction(peers.credit, POINT * total)
    spread = Fraction(peers.credit_squares, FINE * POINT**2) - total * mean**2
    alike = mean * (1 - mean)
    room = alike * (total - Fraction(peers.matured_squares, total) - (count - 1))
    correlation = (spread - alike * (count - 1)) / room if room > 0 else Fraction(0)
    least, most = Fraction(policy.prior.strength), Fraction(policy.prior.strongest)
    strength = min(max(1 / correlation - 1, least), most) if correlation > 0 else most
    return Expectation(mean, strength)


def estimates(rows: Rows, market: Rows, evidence: Evidence, policy: Policy) -> tuple[Ppm, tuple[Estimate, ...]]:
    """What to expect of a company's promises together, by how many it has made of each service, and of each service.

    A service's evidence is thinned as the company's is: by what capping leaves of the whole.
    """
    own = {key[1:]: Service(*row) for key, row in rows.between(SERVICE, SERVICE + b"\xff" * 8).items()}
    peers = {key[1:]: Peers(*row) for key, row in market.get(PEERS + service for service in own).items()}
    matured = sum(service.matured for service in own.values())
    if not matured:
        return Ppm(policy.prior.mean_ppm), ()
    found = []
    mean = strength = Fraction(0)
    for code, service in own.items():
        others = _others(peers.get(code, Peers()), service)
        expectation = prior(others, policy)
        mean += expectation.mean * service.matured / matured
        strength += expectation.strength * service.matured / matured
        share = evidence.weight * service.matured, evidence.unit * matured
        rate = service.low + service.high, 2 * POINT * service.weight
        learnt = others.companies >= policy.prior.companies
        found.append(Estimate(code, service.matured, _shrunk(expectation, rate, share), learnt))
    rate = evidence.low + evidence.high, 2 * evidence.weight or 1
    whole = _shrunk(Expectation(mean, strength), rate, (evidence.weight, evidence.unit))
    return whole, tuple(found)


def _shrunk(expectation: Expectation, rate: tuple[int, int], evidence: tuple[int, int]) -> Ppm:
    """The mean of the Beta-Binomial after the evidence, rounded down; the last two as numerator and denominator.

    (strength · mean + evidence · rate) / (strength + evidence), with one division in all.
    """
    a, b = expectation.mean.as_integer_ratio()
    c, d = expectation.strength.as_integer_ratio()
    (e, f), (g, h) = rate, evidence
    return Ppm(WHOLE * (a * c * f * h + b * d * e * g) // (b * f * (c * h + d * g)))


def ambition(rows: Rows, market: Rows) -> Ambition:
    """How much a company's promises dared, against all others that make promises of the same services."""
    own = rows.between(SPAN, SPAN + b"\xff" * 9)
    codes = dict.fromkeys(key[1:9] for key in own)
    services = rows.get(SERVICE + code for code in codes)
    peers = market.get(PEERS + code for code in codes)
    kept, expected, usual = 0, Fraction(0), Fraction(0)
    for code in codes:
        mine = Service(*services[SERVICE + code])
        others = _others(Peers(*peers.get(PEERS + code, ())), mine)
        if others.matured:
            kept += mine.kept
            together = market.between(SPAN + code, SPAN + code + b"\xff")
            expected += Fraction(_hoped(own, together), 2 * others.matured)
            usual += Fraction(mine.matured * others.kept, others.matured)
    return Ambition(kept, int(expected * 1000), int(usual * 1000))


def _others(peers: Peers, own: Service) -> Peers:
    """The companies of a service but one."""
    return Peers(*map(sub, peers, peer(own))) if peers.companies else peers


def _hoped(own: Mapping[Key, Row], together: Mapping[Key, Row]) -> int:
    """Twice the pairs of an own promise and another's that was fulfilled within the time of the first, of one service.

    Of those in the same span, half.
    """
    within = pairs = 0
    for key, row in together.items():
        took = row[SIXTEENTHS:]
        if (mine := own.get(key)) is None:
            within += sum(took)
            continue
        took = tuple(map(sub, took, mine[SIXTEENTHS:]))
        *below, within = accumulate(took, initial=within)
        pairs += 2 * sum(map(mul, mine, below)) + sum(map(mul, mine, took))
    return pairs
