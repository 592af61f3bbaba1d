"""Replays real flights as promises on a local chain, whose clock runs through the days when they happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.chain import contract
from ledger.chain.anvil import LocalChain
from ledger.chain.deployment import Deployment
from ledger.documents import Document, data_uri, document
from ledger.events import Matter
from ledger.promises import Promise, promise_id, service_code
from ledger.sources.flights import ORIGINS, SOURCE, Flight
from ledger.units import ZERO_DIGEST, Address, Timestamp, digest_of, show_hex

HOUR_S = 3600
DISPUTE_WINDOW_S = 86_400
RESPOND_TO_DESIRE = 0
STAGE_RESPOND = 2
ORDINARY = 0

NOTICE = (
    "A replay of public records on a local chain: flights of 2013 as the US Bureau of Transportation Statistics"
    " recorded them. The airline itself took no part."
)

Progress = Callable[[int, int], None]
"""Called with how many actions are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts: an account for each carrier, and the independent reporter."""

    companies: dict[str, Address]
    """By the carrier's code."""
    arbiter: Address


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at one moment: the calls of each actor."""

    time: Timestamp
    calls: dict[Address, list[bytes]]


@dataclass(frozen=True, slots=True)
class Replay:
    """All steps in order, and the documents whose digests they record."""

    steps: Sequence[Step]
    documents: Sequence[Document]

    @property
    def actions(self) -> int:
        """How many calls there are in all: each leaves one event."""
        return sum(len(calls) for step in self.steps for calls in step.calls.values())


def cast_actors(accounts: Sequence[Address], carriers: Iterable[str]) -> Cast:
    """Gives out a local chain's accounts: the first deploys, the next are the carriers', then the reporter's."""
    codes = sorted(carriers)
    return Cast(dict(zip(codes, accounts[1:], strict=False)), accounts[len(codes) + 1])


def plan(flights: Sequence[Flight], names: dict[str, str], cast: Cast, begin: Timestamp) -> Replay:
    """Lays out flights as calls in time, from the registration of all carriers at `begin` on.

    A promise is made at the scheduled departure and fulfilled at the landing. The reporter confirms on the hour what
    has landed. The last step, without calls, is an hour after the last due time or landing, so all have matured.
    """
    documents: list[Document] = []
    calls: defaultdict[Timestamp, defaultdict[Address, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for code, company in cast.companies.items():
        profile = _profile(code, names[code], flights)
        documents.append(profile)
        calls[begin][company].append(
            contract.register(contract.SENDER, company, profile.digest, data_uri(profile), contract.UNSIGNED)
        )
    last = begin
    for flight in flights:
        terms = _terms(flight)
        promise = _promise(flight, terms, cast)
        documents.append(terms)
        calls[flight.departs_at][promise.company].append(contract.make(promise))
        last = max(last, flight.due_at)
        if flight.landed_at is not None:
            evidence = _evidence(flight, flight.landed_at)
            documents.append(evidence)
            calls[flight.landed_at][promise.company].append(contract.fulfil(promise_id(promise), evidence.digest))
            on_the_hour = Timestamp((flight.landed_at // HOUR_S + 1) * HOUR_S)
            calls[on_the_hour][cast.arbiter].append(
                contract.confirm(contract.SENDER, promise, ZERO_DIGEST, Matter.FULFILMENT, 0)
            )
            last = max(last, on_the_hour)
    calls[Timestamp(last + HOUR_S)] = defaultdict(list)
    return Replay([Step(time, dict(calls[time])) for time in sorted(calls)], documents)


def perform(replay: Replay, chain: LocalChain, deployment: Deployment, progress: Progress) -> None:
    """Sends all steps to the chain, one block for each. Raises TransactionFailed."""
    done, total = 0, replay.actions
    progress(done, total)
    for step in replay.steps:
        chain.mine(
            step.time,
            [(sender, deployment.address, contract.multicall(calls)) for sender, calls in step.calls.items()],
        )
        done += sum(map(len, step.calls.values()))
        progress(done, total)


def _promise(flight: Flight, terms: Document, cast: Cast) -> Promise:
    return Promise(
        company=cast.companies[flight.carrier],
        customer=ZERO_DIGEST,
        terms=terms.digest,
        due_at=flight.due_at,
        dispute_window=DISPUTE_WINDOW_S,
        arbiter=cast.arbiter,
        service=service_code(_service(flight)),
        experience=RESPOND_TO_DESIRE,
        stage=STAGE_RESPOND,
        stakes=ORDINARY,
        cohort=ORIGINS.index(flight.origin) + 1,
        nonce=0,
    )


def _service(flight: Flight) -> str:
    return f"flight to {flight.destination}"


def _profile(code: str, name: str, flights: Iterable[Flight]) -> Document:
    return document(
        {
            "handle": code,
            "name": name,
            "cohort_key": "airport of departure",
            "cohorts": {str(number): origin for number, origin in enumerate(ORIGINS, start=1)},
            "services": sorted({_service(flight) for flight in flights if flight.carrier == code}),
            "notice": NOTICE,
        }
    )


def _terms(flight: Flight) -> Document:
    day, clock = flight.due_local[:10], flight.due_local[11:16]
    key = f"{flight.day} {flight.carrier} {flight.number} {flight.origin}"
    return document(
        {
            "text": f"Flight {flight.carrier} {flight.number} from {flight.origin} lands in {flight.destination}"
            f" by {clock} local time on {day}.",
            "facts": {
                "carrier": flight.carrier,
                "flight": flight.number,
                "origin": flight.origin,
                "destination": flight.destination,
                "scheduled_departure": _iso(flight.departs_at),
                "scheduled_arrival": flight.due_local,
            },
            # A salt keeps secret terms from being guessed. These are public, so theirs may follow from the flight.
            "salt": show_hex(digest_of(key.encode())),
        }
    )


def _evidence(flight: Flight, landed_at: Timestamp) -> Document:
    landed = _iso(landed_at)
    return document(
        {
            "text": f"Flight {flight.carrier} {flight.number} landed in {flight.destination} at {landed}.",
            "facts": {"landed": landed, "source": SOURCE},
        }
    )


def _iso(moment: Timestamp) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
