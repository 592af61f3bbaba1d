"""What the API answers: plain shapes, every figure an integer with its unit in its name.

One long file on purpose: it is the API's reference, read from top to bottom.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from ledger.documents import Profile
from ledger.events import Event, Made, Matter, PromiseEvent
from ledger.outcomes import Outcome
from ledger.promises import Promise
from ledger.scoring.collusion import Ring
from ledger.scoring.explanation import Explanation
from ledger.scoring.fairness import WORDS, Fairness, Gap
from ledger.scoring.intervals import Interval
from ledger.scoring.policy import Policy
from ledger.scoring.reliability import Parts, Reliability, Stratum
from ledger.scoring.score import Caution, DayFigure, Grade, Score
from ledger.services.auditing import Audit
from ledger.services.companies import CompanyView, PromiseRowView
from ledger.services.monitoring import Finding, Verdict
from ledger.services.promises import Entry, PromiseView
from ledger.services.scheduling import Anchoring
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
        description="The least that routine and critical promises each allow; null where there is less evidence than"
        " the policy's `min_evidence`: such a company is not judged, and stands last in rank."
    ),
]


GradeByFloor = Annotated[
    Grade,
    Field(
        description="By the assured floor and the policy: high from `green_from_ppm` (in the standard policy 800,000)"
        " where at least `green_confirmed_ppm` of the fulfilled was confirmed, by words that weigh, medium from"
        " `amber_from_ppm` (600,000),"
        " low below; not enough evidence below `min_evidence` (20)."
    ),
]

EXPERIENCES = ("respond-to-desire", "curated offering", "coach behaviour", "automatic execution")
STAGES = ("recognise", "request", "respond", "repeat")
STAKES = ("ordinary", "raised", "high", "critical")
"""What the codes of a promise mean, by number. Stakes part the routine promises from the critical ones."""


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


class PromisesOut(BaseModel):
    """How many promises there are, by what became of them."""

    matured: int = Field(description="Those that came due and count: the sum of the next five.")
    kept: int = Field(description="Fulfilled by the due time, to the second.")
    late: int = Field(description="Fulfilled after it.")
    broken: int = Field(description="Not fulfilled, withdrawn by the company alone, or found broken.")
    remedied: int = Field(description="Broken, and made good: the remedy was taken.")
    disputed: int = Field(description="Under a dispute that nobody whom the policy trusts has decided.")
    fulfilled: int = Field(description="Those that the company has reported as done.")
    confirmed: int = Field(description="Of these, confirmed by the customer or the arbiter.")
    open: int = Field(description="Not yet due: they count for nothing.")
    released: int = Field(description="Withdrawn with the customer's consent, or replaced: they count for nothing.")

    @classmethod
    def of(cls, score: Score) -> PromisesOut:
        counts = score.counts
        return cls(
            matured=counts.matured,
            kept=counts.kept,
            late=counts.late,
            broken=counts.broken,
            remedied=counts.remedied,
            disputed=counts.disputed,
            fulfilled=counts.fulfilled,
            confirmed=counts.confirmed,
            open=score.open,
            released=score.released,
        )


class PartsOut(BaseModel):
    """Where the credit went; the parts sum to exactly 1,000,000, or to 0 without promises."""

    assured_ppm: int = Field(description="The assured floor.")
    unproven_ppm: int = Field(description="Earned, and not yet proven to be more than luck.")
    disputed_ppm: int = Field(description="Lost if all open disputes are.")
    late_ppm: int
    remedied_ppm: int
    broken_ppm: int

    @classmethod
    def of(cls, parts: Parts) -> PartsOut:
        return cls(**{f"{name}_ppm": share for name, share in parts._asdict().items()})


class ReliabilityOut(BaseModel):
    """How a set of matured promises came out: decayed by age, capped by customer, weighted by who witnesses."""

    judged: bool = Field(description="Whether there is evidence enough to judge.")
    evidence_milli: int = Field(description="How many promises of today they are worth, in thousandths.")
    customers_milli: int = Field(description="How many customers they are of in effect, in thousandths.")
    credited: IntervalOut = Field(
        description="Share of credit earned: 1 for kept, a part for late or remedied. `low_ppm` is the assured floor,"
        " as if all open disputes were lost; `high_ppm` as if none were."
    )
    strict: IntervalOut = Field(description="Share kept by the due time and undisputed.")
    parts: PartsOut

    @classmethod
    def of(cls, reliability: Reliability, policy: Policy) -> ReliabilityOut:
        return cls(
            judged=reliability.judged(policy),
            evidence_milli=reliability.evidence.milli,
            customers_milli=reliability.evidence.customers_milli,
            credited=IntervalOut.of(reliability.credited),
            strict=IntervalOut.of(reliability.strict),
            parts=PartsOut.of(reliability.parts),
        )


class GapOut(BaseModel):
    """How much more often `first` fared well than `second`, within the same service and period."""

    first: int
    second: int
    estimate_ppm: int
    low_ppm: int
    high_ppm: int
    strata: int = Field(description="Services and periods in which both have promises.")
    state: Fairness

    @classmethod
    def of(cls, gap: Gap) -> GapOut:
        return cls(
            first=gap.first,
            second=gap.second,
            estimate_ppm=gap.estimate,
            low_ppm=gap.low,
            high_ppm=gap.high,
            strata=gap.strata,
            state=gap.state,
        )


class ConductOut(BaseModel):
    """How often something bad happened that could have."""

    name: str
    what: str
    cases: int
    bad: int
    share: IntervalOut
    state: Fairness


class CohortOut(BaseModel):
    """One cohort; `matured`, `kept` and `shrunk_ppm` are null where they must stay hidden."""

    cohort: int
    name: CohortName
    matured: int | None
    kept: IntervalOut | None
    shrunk_ppm: int | None = Field(
        description="The share kept, drawn to the company's the more the fewer promises there are."
    )


class FairnessOut(BaseModel):
    """Whether like customers are treated alike, and how those are treated who were failed: the weakest part counts."""

    state: Fairness
    why: str
    since: Seconds = Field(description="The first second of the periods that are looked at.")
    outcome: list[GapOut] = Field(description="Gaps in what was kept.")
    outcome_mean_difference_ppm: int = Field(description="The mean of these gaps (Gini's mean difference).")
    outcome_ratio_ppm: int | None = Field(
        description="The lowest share kept of the cohorts shown over the highest, in the crude; null where fewer than"
        " two are shown, or nothing was kept."
    )
    remedy: list[GapOut] = Field(description="Gaps in what was remedied, of what had failed.")
    conduct: list[ConductOut]
    announced: IntervalOut = Field(description="Share of the failures that the company told of before they were due.")
    answer_time_s: int | None = Field(description="Mean seconds to the answer of a dispute; null where none was.")
    shared: int = Field(description="Promises that can be compared with another cohort's, like with like.")
    cohorts: list[CohortOut]

    @classmethod
    def of(cls, view: CompanyView) -> FairnessOut:
        figure = view.score.fairness
        return cls(
            state=figure.state,
            why=figure.why,
            since=figure.since,
            outcome=[GapOut.of(gap) for gap in figure.outcome],
            outcome_mean_difference_ppm=figure.outcome_mean_difference,
            outcome_ratio_ppm=figure.outcome_ratio,
            remedy=[GapOut.of(gap) for gap in figure.remedy],
            conduct=[
                ConductOut(
                    name=name,
                    what=WORDS[name],
                    cases=part.cases,
                    bad=part.bad,
                    share=IntervalOut.of(part.share),
                    state=part.state,
                )
                for name, part in figure.conduct.items()
            ],
            announced=IntervalOut.of(figure.announced),
            answer_time_s=figure.answer_time,
            shared=figure.shared,
            cohorts=[
                CohortOut(
                    cohort=cohort.cohort,
                    name=view.cohort_name(cohort.cohort),
                    matured=cohort.matured if cohort.kept else None,
                    kept=IntervalOut.of(cohort.kept) if cohort.kept else None,
                    shrunk_ppm=cohort.shrunk,
                )
                for cohort in figure.cohorts
            ],
        )


class EstimateOut(BaseModel):
    """What to expect of the company's next promises of one service."""

    service: Hex
    service_name: ServiceName
    matured: int
    expected_ppm: int
    learnt: bool = Field(description="Whether the prior is learnt from the other companies with this service.")


class AmbitionOut(BaseModel):
    """What was kept, against what peers would have kept within the times that were promised."""

    kept: int
    expected_milli: int = Field(description="Thousandths of promises.")
    ratio_ppm: int | None = Field(description="Below 1,000,000: peers would have kept more.")
    usual_milli: int = Field(description="What peers keep of as many by their own deadlines, in thousandths.")
    padding_ppm: int | None = Field(description="That over what they would have kept: low where deadlines are padded.")


class BurnOut(BaseModel):
    """Failures in the last days, against what the time before lets one expect."""

    days: int
    matured: int
    lost_ppm: int = Field(description="Share of the credit lost, at the least.")
    budget_ppm: int = Field(description="Share that might have been lost by all that was known before.")
    threshold_ppm: int
    rings: bool


class ScoreOut(BaseModel):
    """A company's score: what is assured follows from its events and the policy alone; estimates and ambition, from
    those of its peers too.
    """

    company: Hex
    as_of_block: int
    as_of_hash: Hex = Field(description="That block's: the chain may give it up for another with the same number.")
    as_of: Seconds
    final: bool = Field(description="Whether the chain can't give up any of what the score rests on.")
    policy: Hex = Field(description="The policy's hash; see /api/policy.")
    grade: GradeByFloor
    assured_floor_ppm: AssuredFloor
    expected_ppm: int = Field(description="What to expect of its next promises: an estimate, not a proof.")
    cautions: list[Caution] = Field(description="Why to read it with care.")
    promises: PromisesOut
    confirmed_ppm: int = Field(description="Share of the fulfilled that customer or arbiter confirmed.")
    witnessed_ppm: int = Field(description="The same by what their word weighs, capped for each customer: for badges.")
    reliability: ReliabilityOut = Field(description="Of all promises.")
    routine: ReliabilityOut | None = Field(description="Of promises with ordinary stakes; null without any.")
    critical: ReliabilityOut | None = Field(description="Of promises whose failure hurts; null without any.")
    fairness: FairnessOut
    burns: list[BurnOut]
    ambition: AmbitionOut
    estimates: list[EstimateOut]

    @classmethod
    def of(cls, view: CompanyView, policy: Policy) -> ScoreOut:
        score = view.score
        strata = {stratum: ReliabilityOut.of(figure, policy) for stratum, figure in score.strata.items()}
        return cls(
            company=show_address(view.company.address),
            as_of_block=score.as_of_block,
            as_of_hash=show_hex(view.block),
            as_of=score.as_of,
            final=view.final,
            policy=show_hex(score.policy),
            grade=score.grade,
            assured_floor_ppm=score.floor,
            expected_ppm=score.estimate,
            cautions=list(score.cautions),
            promises=PromisesOut.of(score),
            confirmed_ppm=score.confirmed,
            witnessed_ppm=score.witnessed,
            reliability=ReliabilityOut.of(score.reliability, policy),
            routine=strata.get(Stratum.ROUTINE),
            critical=strata.get(Stratum.CRITICAL),
            fairness=FairnessOut.of(view),
            burns=[
                BurnOut(
                    days=burn.days,
                    matured=burn.matured,
                    lost_ppm=burn.lost,
                    budget_ppm=burn.budget,
                    threshold_ppm=burn.threshold,
                    rings=burn.rings,
                )
                for burn in score.burns
            ],
            ambition=AmbitionOut(
                kept=score.ambition.kept,
                expected_milli=score.ambition.expected_milli,
                ratio_ppm=score.ambition.ratio,
                usual_milli=score.ambition.usual_milli,
                padding_ppm=score.ambition.padding,
            ),
            estimates=[
                EstimateOut(
                    service=show_hex(estimate.service),
                    service_name=view.service_name(estimate.service),
                    matured=estimate.matured,
                    expected_ppm=estimate.expected,
                    learnt=estimate.learnt,
                )
                for estimate in score.estimates
            ],
        )


class LossOut(BaseModel):
    """A promise that did not earn all of its credit."""

    id: Hex
    outcome: Outcome = Field(description="As what it counts under the policy.")
    due_at: Seconds
    lost_ppm: int


class ExplanationOut(BaseModel):
    """Which promises cost the company what."""

    company: Hex
    as_of_block: int
    lost_ppm: int = Field(description="The sum of all losses: what the credited rate lacks, all open disputes lost.")
    total: int = Field(description="How many promises lost something.")
    items: list[LossOut] = Field(description="The dearest first.")
    mutual: list[Hex] = Field(
        description="Companies that confirm its promises, and whose promises it confirms. A flag: no figure counts it."
    )
    ring: list[Hex] = Field(description="All with whom it stands in a ring of such confirmations.")

    @classmethod
    def of(cls, view: CompanyView, explanation: Explanation, ring: Ring, offset: int, limit: int) -> ExplanationOut:
        return cls(
            company=show_address(view.company.address),
            as_of_block=view.score.as_of_block,
            lost_ppm=explanation.lost,
            total=len(explanation.losses),
            items=[
                LossOut(
                    id=show_hex(loss.standing.id),
                    outcome=loss.counted_as,
                    due_at=loss.standing.due_at,
                    lost_ppm=loss.ppm,
                )
                for loss in explanation.losses[offset : offset + limit]
            ],
            mutual=list(map(show_address, ring.mutual)),
            ring=list(map(show_address, ring.component)),
        )


class BlockOut(BaseModel):
    """A block of the chain."""

    number: int
    hash: Hex


class StatementOut(BaseModel):
    """What is stated of a company as of a block; docs/protocol.md says how it is signed, and computed by anybody."""

    document: str = Field(description="`statement`.")
    version: int
    statement: dict[str, Any] = Field(description="Ledger, company, head, policy, time, and all assured figures.")
    block: BlockOut
    signer: Hex | None = Field(description="The account that signed; null where nobody did.")
    signature: Hex | None = Field(description="EIP-712, of the type `Statement`.")


class BundleOut(BaseModel):
    """A bundle of anchored figures."""

    name: Hex = Field(description="keccak256 of the JSON in it.")
    block: int = Field(description="The anchor's.")
    url: str


class FindingOut(BaseModel):
    """Something that somebody said of a company, and whether it is so."""

    said: str = Field(description="Who said what, where.")
    verdict: Verdict
    why: str = Field(description="What differs, or why it could not be checked.")

    @classmethod
    def of(cls, finding: Finding) -> FindingOut:
        return cls(said=finding.said, verdict=finding.verdict, why=finding.why)


class DayOut(BaseModel):
    """The promises due on one day (UTC)."""

    day: Seconds = Field(description="Its first second.")
    matured: int
    kept: IntervalOut

    @classmethod
    def of(cls, figure: DayFigure) -> DayOut:
        return cls(day=figure.day, matured=figure.matured, kept=IntervalOut.of(figure.kept))


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
    expected_ppm: int = Field(description="What to expect of its next promises: an estimate, not a proof.")
    cautions: list[Caution] = Field(description="Why to read it with care.")
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
            assured_floor_ppm=score.floor,
            expected_ppm=score.estimate,
            cautions=list(score.cautions),
            matured=score.counts.matured,
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


def _details(event: Event) -> dict[str, Any]:
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


class LogOut(BaseModel):
    """One event of a company's history, and where the chain proves it."""

    event: str
    time: Seconds
    block: int
    log_index: int
    transaction: Hex
    promise: Hex | None
    details: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> LogOut:
        return cls(
            event=type(event).__name__,
            time=event.at.time,
            block=event.at.block,
            log_index=event.at.log_index,
            transaction=show_hex(event.at.transaction),
            promise=show_hex(event.id) if isinstance(event, PromiseEvent) else None,
            details=_details(event),
        )


class AuditOut(BaseModel):
    """All that an audit found, straight from nodes."""

    verdict: Verdict = Field(
        description="Of what the company has anchored itself, and of what the gateway that was asked says."
    )
    ledger: str
    nodes: list[str]
    block: BlockOut = Field(description="All is as of this block.")
    heads_compared_at: BlockOut = Field(description="Where the heads of all companies were the contract's.")
    companies: int = Field(description="On the ledger.")
    events: int = Field(description="Of all of them: figures that compare with peers need them.")
    head: Hex = Field(description="The company's.")
    score: ScoreOut
    losses: ExplanationOut
    days: list[DayOut]
    anchors: list[FindingOut]
    gateway: list[FindingOut]
    history: list[LogOut]

    @classmethod
    def of(cls, audit: Audit) -> AuditOut:
        explanation = audit.explanation
        return cls(
            verdict=audit.verdict,
            ledger=audit.deployment.account,
            nodes=list(audit.nodes),
            block=BlockOut(number=audit.block.number, hash=show_hex(audit.block.hash)),
            heads_compared_at=BlockOut(number=audit.latest.number, hash=show_hex(audit.latest.hash)),
            companies=audit.companies,
            events=audit.events,
            head=show_hex(audit.head),
            score=ScoreOut.of(audit.view, audit.policy),
            losses=ExplanationOut.of(audit.view, explanation, audit.ring, 0, len(explanation.losses)),
            days=[DayOut.of(day) for day in audit.days],
            anchors=[FindingOut.of(finding) for finding in audit.anchors],
            gateway=[FindingOut.of(finding) for finding in audit.gateway],
            history=[LogOut.of(event) for event in audit.history],
        )


class PolicyOut(BaseModel):
    """The scoring policy in force."""

    hash: Hex = Field(description="keccak256 of the policy's canonical JSON (RFC 8785).")
    policy: dict[str, Any]


class AnchoringOut(BaseModel):
    """How it goes with the anchors of a company whose figures the gateway anchors by a schedule."""

    company: str = Field(description="As the gateway's settings name it: by address or handle.")
    last_block: int | None = Field(description="Of the last anchor that the chain was seen to have since the start.")
    last_time: Seconds | None = Field(description="That block's.")
    failing_since: Seconds | None = Field(description="Since when each try has failed; why is in the server's log.")

    @classmethod
    def of(cls, anchoring: Anchoring) -> AnchoringOut:
        return cls(
            company=anchoring.company,
            last_block=anchoring.block,
            last_time=anchoring.time,
            failing_since=anchoring.failing_since,
        )


class Health(BaseModel):
    """That the gateway answers, how far its index is, and how it goes with its anchors."""

    ledger: str = Field(description="CAIP-10 name of the contract.")
    block: int
    block_time: Seconds
    final_block: int = Field(description="The last block that the chain can't give up any more.")
    checked_block: int = Field(description="The last block at which all heads were seen to be the contract's.")
    anchors: list[AnchoringOut] = Field(description="Of each company that it anchors by a schedule.")
