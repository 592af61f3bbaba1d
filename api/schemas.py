"""What the API answers: plain shapes, every figure an integer with its unit in its name.

One long file on purpose: it is the API's reference, read from top to bottom.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from ledger.documents import Profile
from ledger.events import Made, Matter, PromiseEvent
from ledger.outcomes import Outcome
from ledger.promises import Promise
from ledger.scoring.fairness import Fairness
from ledger.scoring.intervals import Interval
from ledger.scoring.score import Grade, Reliability, Score
from ledger.services.companies import CompanyView, PromiseRowView
from ledger.services.promises import Entry, PromiseView
from ledger.units import show_address, show_hex

Hex = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]*$")]
Seconds = Annotated[int, Field(description="Unix seconds by the chain's clock.")]
CohortName = Annotated[
    str, Field(description="The name that the company publishes for it, else `cohort` and its number.")
]
ServiceName = Annotated[str, Field(description="The name that the company publishes for it, else its code.")]
AssuredFloor = Annotated[
    int | None,
    Field(
        description="The lower bound of the company's credited rate; null where fewer promises came due than the"
        " policy's `min_promises`: such a company is not judged, and stands last in rank."
    ),
]


GradeByFloor = Annotated[
    Grade,
    Field(
        description="By the assured floor and the policy: high from `green_from_ppm` (in the standard policy 800,000),"
        " medium from `amber_from_ppm` (600,000), low below; not enough evidence with fewer promises due than"
        " `min_promises` (20)."
    ),
]

EXPERIENCES = ("respond-to-desire", "curated offering", "coach behaviour", "automatic execution")
STAGES = ("recognise", "request", "respond", "repeat")
STAKES = ("ordinary", "raised", "high", "critical")
"""What the codes of a promise mean, by number; they label it, and no score counts them."""


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"{code} {name}" for code, name in enumerate(names)) + "."


class Problem(BaseModel):
    """What every error is answered with (RFC 9457)."""

    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What was wrong, with the value.")
    remedy: str = Field(description="What to do.")


class IntervalOut(BaseModel):
    """A rate with its 95% interval, in parts per million."""

    rate_ppm: int = Field(description="Rounded down.")
    low_ppm: int = Field(description="Wilson lower bound, rounded down.")
    high_ppm: int = Field(description="Wilson upper bound, rounded up.")

    @classmethod
    def of(cls, interval: Interval) -> IntervalOut:
        return cls(rate_ppm=interval.rate, low_ppm=interval.low, high_ppm=interval.high)


class ReliabilityOut(BaseModel):
    """How a set of matured promises came out."""

    matured: int
    kept: int = Field(description="Fulfilled by the due time.")
    late: int = Field(description="Fulfilled after the due time.")
    late_within_tolerance: int = Field(description="Those among `late` within the policy's tolerance.")
    broken: int = Field(description="Due, and not fulfilled.")
    strict: IntervalOut = Field(description="Share kept: by the due time, to the second.")
    tolerated: IntervalOut = Field(description="Share on time: kept, or late within the tolerance.")
    credited: IntervalOut = Field(description="Share of credit earned, of which late promises earn a part.")

    @classmethod
    def of(cls, reliability: Reliability) -> ReliabilityOut:
        tally = reliability.tally
        return cls(
            matured=tally.matured,
            kept=tally.kept,
            late=tally.late,
            late_within_tolerance=tally.tolerated,
            broken=tally.broken,
            strict=IntervalOut.of(reliability.strict),
            tolerated=IntervalOut.of(reliability.tolerated),
            credited=IntervalOut.of(reliability.credited),
        )


class PartsOut(BaseModel):
    """Where the credit went; the three sum to exactly 1,000,000, or to 0 without promises."""

    credited_ppm: int
    lost_late_ppm: int
    lost_broken_ppm: int


class CohortOut(BaseModel):
    """One cohort; `reliability` is null where the figures must stay hidden."""

    cohort: int
    name: CohortName
    reliability: ReliabilityOut | None


class GapOut(BaseModel):
    """How much more often `first` was served on time than `second`, within the same service and period."""

    first: int
    second: int
    estimate_ppm: int
    low_ppm: int
    high_ppm: int
    strata: int
    state: Fairness


class FairnessOut(BaseModel):
    """Whether cohorts are treated alike: the weakest of all gaps."""

    state: Fairness
    why: str
    gaps: list[GapOut]


class DayOut(BaseModel):
    """The promises due on one day (UTC)."""

    day: Seconds
    reliability: ReliabilityOut


class ScoreOut(BaseModel):
    """A company's score, a function of its events and the policy alone."""

    company: Hex
    as_of_block: int
    as_of: Seconds
    final: bool = Field(description="Whether the chain can't give up any of what the score rests on.")
    policy: Hex = Field(description="The policy's hash; see /api/policy.")
    grade: GradeByFloor
    assured_floor_ppm: AssuredFloor
    reliability: ReliabilityOut
    parts: PartsOut
    open: int = Field(description="Promises not yet due: they count for nothing.")
    released: int = Field(description="Withdrawn with the customer's consent, or replaced: they count for nothing.")
    confirmed_ppm: int = Field(description="Share of the fulfilled that customer or arbiter confirmed.")
    fairness: FairnessOut
    cohorts: list[CohortOut]
    days: list[DayOut]

    @classmethod
    def of(cls, view: CompanyView) -> ScoreOut:
        score: Score = view.score
        return cls(
            company=show_address(view.company.address),
            as_of_block=score.as_of_block,
            as_of=score.as_of,
            final=view.final,
            policy=show_hex(score.policy),
            grade=score.grade,
            assured_floor_ppm=score.assured_floor,
            reliability=ReliabilityOut.of(score.reliability),
            parts=PartsOut(
                credited_ppm=score.parts.credited,
                lost_late_ppm=score.parts.lost_late,
                lost_broken_ppm=score.parts.lost_broken,
            ),
            open=score.open,
            released=score.released,
            confirmed_ppm=score.confirmed,
            fairness=FairnessOut(
                state=score.fairness.state,
                why=score.fairness.why,
                gaps=[
                    GapOut(
                        first=gap.first,
                        second=gap.second,
                        estimate_ppm=gap.estimate,
                        low_ppm=gap.low,
                        high_ppm=gap.high,
                        strata=gap.strata,
                        state=gap.state,
                    )
                    for gap in score.fairness.gaps
                ],
            ),
            cohorts=[
                CohortOut(
                    cohort=figure.cohort,
                    name=view.cohort_name(figure.cohort),
                    reliability=ReliabilityOut.of(figure.reliability) if figure.reliability else None,
                )
                for figure in score.cohorts
            ],
            days=[DayOut(day=day.day, reliability=ReliabilityOut.of(day.reliability)) for day in score.days],
        )


class CompanyOut(BaseModel):
    """A company in the directory. Name and handle are what it says of itself."""

    address: Hex
    name: str
    handle: str | None
    domain_proven: bool = Field(
        description="Whether `/.well-known/troth.json` on a domain of its own names this chain, contract and account."
        " That check is to come; until it exists, always false."
    )
    registered_at: Seconds
    head: Hex = Field(description="The head of its hash chain, equal to the contract's `headOf`.")
    head_block: int
    grade: GradeByFloor
    assured_floor_ppm: AssuredFloor
    matured: int
    fairness: Fairness
    final: bool = Field(description="Whether the chain can't give up any of what this rests on.")

    @classmethod
    def of(cls, view: CompanyView) -> CompanyOut:
        company, score = view.company, view.score
        return cls(
            address=show_address(company.address),
            name=view.name,
            handle=view.profile.handle if view.profile else None,
            domain_proven=False,
            registered_at=company.registered_at,
            head=show_hex(company.head),
            head_block=company.head_block,
            grade=score.grade,
            assured_floor_ppm=score.assured_floor,
            matured=score.reliability.tally.matured,
            fairness=score.fairness.state,
            final=view.final,
        )


class CompanyWithProfileOut(CompanyOut):
    """A company, and all that it says of itself."""

    profile: Profile | None = Field(description="What it published; null if that can't be read.")

    @classmethod
    def of(cls, view: CompanyView) -> CompanyWithProfileOut:
        return cls(**CompanyOut.of(view).model_dump(), profile=view.profile)


class CompanyPage(BaseModel):
    """A part of the directory, the highest assured floor first; those not judged last."""

    total: int
    items: list[CompanyOut]


class PromiseRowOut(BaseModel):
    """A promise as a line of a list."""

    id: Hex
    outcome: Outcome
    made_at: Seconds
    due_at: Seconds
    fulfilled_at: Seconds | None
    confirmed_at: Seconds | None
    cohort: int
    cohort_name: CohortName
    service: Hex
    service_name: ServiceName
    final: bool = Field(description="Whether the chain can't give up any of its events.")

    @classmethod
    def of(cls, row: PromiseRowView, view: CompanyView) -> PromiseRowOut:
        standing = row.standing
        return cls(
            id=show_hex(standing.id),
            outcome=row.outcome,
            made_at=standing.made_at,
            due_at=standing.due_at,
            fulfilled_at=standing.fulfilled_at,
            confirmed_at=standing.confirmed_at,
            cohort=standing.cohort,
            cohort_name=view.cohort_name(standing.cohort),
            service=show_hex(standing.service),
            service_name=view.service_name(standing.service),
            final=row.final,
        )


class PromisePage(BaseModel):
    """A part of a company's promises, those due last first."""

    total: int
    items: list[PromiseRowOut]


class TermsOut(BaseModel):
    """The fields of the promise, whose EIP-712 struct hash is its id."""

    company: Hex
    customer: Hex
    terms: Hex
    due_at: Seconds
    dispute_window: int = Field(description="Seconds in which it may be disputed.")
    arbiter: Hex
    service: Hex
    experience: int = Field(description=f"The connected experience: {_codes(EXPERIENCES)}")
    stage: int = Field(description=f"The stage of the customer's journey: {_codes(STAGES)}")
    stakes: int = Field(description=f"How much a failure hurts: {_codes(STAKES)}")
    cohort: int
    nonce: str = Field(description="In decimal digits: it may exceed what JavaScript's numbers hold.")

    @classmethod
    def of(cls, promise: Promise) -> TermsOut:
        return cls(
            company=show_address(promise.company),
            customer=show_hex(promise.customer),
            terms=show_hex(promise.terms),
            due_at=promise.due_at,
            dispute_window=promise.dispute_window,
            arbiter=show_address(promise.arbiter),
            service=show_hex(promise.service),
            experience=promise.experience,
            stage=promise.stage,
            stakes=promise.stakes,
            cohort=promise.cohort,
            nonce=str(promise.nonce),
        )


class EventOut(BaseModel):
    """One event of a promise's history, and where the chain proves it."""

    event: str
    time: Seconds
    block: int
    log_index: int
    transaction: Hex
    actor: Hex = Field(description="keccak256 of the signer that acted.")
    head: Hex
    final: bool = Field(description="Whether the chain can't give it up any more.")
    text: str | None = Field(description="What its document says, if kept here and true to its digest.")
    details: dict[str, Any] = Field(description="What else it says; the contract's interface tells what each means.")

    @classmethod
    def of(cls, entry: Entry) -> EventOut:
        event = entry.event
        return cls(
            event=type(event).__name__,
            time=event.at.time,
            block=event.at.block,
            log_index=event.at.log_index,
            transaction=show_hex(event.at.transaction),
            actor=show_hex(event.actor),
            head=show_hex(event.head),
            final=entry.final,
            text=entry.text,
            details=_details(event),
        )


def _details(event: PromiseEvent) -> dict[str, Any]:
    """The fields of its own; those of `Made` are the promise's terms."""
    if isinstance(event, Made):
        return {}
    names = [name for name, _ in (*event.SHAPE.topics, *event.SHAPE.data)]
    return {name: _plain(getattr(event, name)) for name in names if name not in ("id", "company", "actor", "head")}


def _plain(value: Any) -> Any:
    if isinstance(value, Matter):
        return value.name.lower()
    return show_hex(value) if isinstance(value, bytes) else value


class PromiseOut(BaseModel):
    """A promise with its terms, its standing and its history."""

    id: Hex
    text: str | None = Field(description="The promise in words, if its terms are kept here.")
    outcome: Outcome
    late_by_s: int | None = Field(description="Seconds after the due time; 0 if in time, null if not fulfilled.")
    as_of: Seconds
    cohort_name: CohortName
    service_name: ServiceName
    final: bool = Field(description="Whether the chain can't give up any of its events.")
    promise: TermsOut
    history: list[EventOut]

    @classmethod
    def of(cls, view: PromiseView) -> PromiseOut:
        return cls(
            id=show_hex(view.id),
            text=view.text,
            outcome=view.outcome,
            late_by_s=view.late_by,
            as_of=view.as_of,
            cohort_name=view.cohort_name,
            service_name=view.service_name,
            final=view.final,
            promise=TermsOut.of(view.promise),
            history=[EventOut.of(entry) for entry in view.history],
        )


class PolicyOut(BaseModel):
    """The scoring policy in force."""

    hash: Hex = Field(description="keccak256 of the policy's canonical JSON (RFC 8785).")
    policy: dict[str, Any]


class Health(BaseModel):
    """That the gateway answers, and how far its index is."""

    ledger: str = Field(description="CAIP-10 name of the contract.")
    block: int
    block_time: Seconds
    final_block: int = Field(description="The last block that the chain can't give up any more.")
    checked_block: int = Field(description="The last block at which all heads were seen to be the contract's.")
