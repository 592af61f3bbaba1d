"""What other companies teach about one: what to expect of it before its own promises speak, and how much it dares.

What is assured of a company follows from its own log and the policy alone. An estimate, and how ambitious its promises
were, need its peers: their sums stand in the rows of all companies together, as of the same block.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from operator import mul, sub
from typing import NamedTuple

from ledger.scoring.intervals import Ratio
from ledger.scoring.policy import POINT, Policy
from ledger.scoring.reliability import Evidence
from ledger.scoring.rows import FINE, PEERS, SERVICE, SIXTEENTHS_IN_ROW, SPAN, Peers, Row, Rows, Service
from ledger.scoring.tallies import peer
from ledger.units import WHOLE, Ppm


class Expectation(NamedTuple):
    """A Beta distribution."""

    mean: Ratio
    strength: Ratio
    """How many promises it weighs."""


class Offer(NamedTuple):
    """A service that a company has promises of."""

    own: Service
    others: Peers
    """The other companies."""
    spans: dict[bytes, Row]
    """How long it took all companies together, by which four octaves."""


Services = dict[bytes, Offer]


class Estimate(NamedTuple):
    """What to expect of a company's next promises of one service."""

    service: bytes
    matured: int
    expected: Ppm
    """Rounded down."""
    learnt: bool
    """Whether the prior is its peers'."""


class Ambition(NamedTuple):
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
    """Each service that a company has promises of, in order."""
    own = {key[1:]: Service(*row) for key, row in rows.between(SERVICE, SERVICE + b"\xff" * 8).items()}
    if not own:
        return {}
    # All at once, with what may stand between: one look is less than one for each.
    peers, spans = {}, defaultdict[bytes, dict[bytes, Row]](dict)
    for key, row in market.between(PEERS + min(own), PEERS + max(own) + b"\xff").items():
        code, octaves = key[1:9], key[9:]
        if octaves:
            spans[code][octaves] = row
        else:
            peers[code] = Peers(*row)
    return {code: Offer(mine, _others(peers.get(code, Peers()), mine), spans[code]) for code, mine in own.items()}


def _others(peers: Peers, own: Service) -> Peers:
    """The companies of a service but one."""
    return Peers(*map(sub, peers, peer(own))) if peers.companies else peers


def estimates(services: Services, evidence: Evidence, policy: Policy) -> tuple[Ppm, tuple[Estimate, ...]]:
    """What to expect of a company's promises together, by how many it has made of each service, and of each service.

    A service's evidence is thinned as the company's is: by what capping leaves of the whole.
    """
    matured = sum(offer.own.matured for offer in services.values())
    if not matured:
        return Ppm(policy.prior.mean_ppm), ()
    found = []
    mean = strength = 0, 1
    for code, (own, others, _) in services.items():
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


def ambition(rows: Rows, services: Services) -> Ambition:
    """How much a company's promises dared, against all others that make promises of the same services."""
    times: defaultdict[bytes, dict[bytes, Row]] = defaultdict(dict)
    for key, row in rows.between(SPAN, SPAN + b"\xff" * 9).items():
        times[key[1:9]][key[9:]] = row
    kept, expected, usual = 0, (0, 1), (0, 1)
    for code, (own, others, spans) in services.items():
        if others.matured:
            kept += own.kept
            expected = _plus(expected, (_hoped(times[code], spans), 2 * others.matured))
            usual = _plus(usual, (own.matured * others.kept, others.matured))
    return Ambition(kept, expected[0] * 1000 // expected[1], usual[0] * 1000 // usual[1])


def _hoped(own: Mapping[bytes, Row], together: Mapping[bytes, Row]) -> int:
    """Twice the pairs of an own promise and another's that was fulfilled within the time of the first, of one service.

    Of those in the same span, half.
    """
    hoped = before = 0
    for octaves in sorted(own.keys() | together.keys()):
        mine, all_of = own.get(octaves, _NO_SPANS), together.get(octaves, _NONE_TAKEN)
        given = mine[:SIXTEENTHS_IN_ROW]
        others = map(sub, all_of, mine[SIXTEENTHS_IN_ROW:])
        hoped += sum(map(mul, given, others)) + 2 * before * sum(given)
        before += all_of[-1] - mine[-1]
    return hoped


_NONE_TAKEN = (0,) * (SIXTEENTHS_IN_ROW + 1)
_NO_SPANS = (0,) * SIXTEENTHS_IN_ROW + _NONE_TAKEN
