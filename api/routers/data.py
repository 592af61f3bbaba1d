"""The JSON API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.dependencies import DAYS, CompanyName, Days, Limit, Offset, ReaderOf, ScheduleOf, ScorerOf
from api.errors import PROBLEMS
from api.schemas import (
    AnchoringOut,
    CompanyOut,
    CompanyPage,
    CompanyWithProfileOut,
    DayOut,
    ExplanationOut,
    Health,
    PolicyOut,
    PromiseOut,
    PromisePage,
    PromiseRowOut,
    ScoreOut,
)
from ledger.outcomes import Outcome
from ledger.services.companies import directory, explain_company, list_promises, view_company
from ledger.services.promises import view_promise
from ledger.services.witnesses import ring_of
from ledger.units import parse_promise_id, show_hex

router = APIRouter(prefix="/api", tags=["data"], responses=PROBLEMS)


@router.get("/companies")
def companies(reader: ReaderOf, scorer: ScorerOf, offset: Offset = 0, limit: Limit = 100) -> CompanyPage:
    """The directory, the highest assured floor first; companies with too few promises to be judged stand last."""
    views = directory(reader, scorer)
    return CompanyPage(total=len(views), items=[CompanyOut.of(view) for view in views[offset : offset + limit]])


@router.get("/companies/{company}")
def company(company: CompanyName, reader: ReaderOf, scorer: ScorerOf) -> CompanyWithProfileOut:
    """A company: who it says it is, and its head."""
    return CompanyWithProfileOut.of(view_company(reader, company, scorer))


@router.get("/companies/{company}/score")
def score(company: CompanyName, reader: ReaderOf, scorer: ScorerOf) -> ScoreOut:
    """A company's score with all of its parts."""
    return ScoreOut.of(view_company(reader, company, scorer), scorer.policy)


@router.get("/companies/{company}/losses")
def losses(
    company: CompanyName, reader: ReaderOf, scorer: ScorerOf, offset: Offset = 0, limit: Limit = 100
) -> ExplanationOut:
    """Which promises cost the company what, the dearest first. All of its promises are gone through for this."""
    view = view_company(reader, company, scorer)
    ring = ring_of(reader, view.company.address, view.score.as_of_block)
    return ExplanationOut.of(view, explain_company(reader, view, scorer.policy), ring, offset, limit)


@router.get("/companies/{company}/days")
def days(company: CompanyName, reader: ReaderOf, scorer: ScorerOf, last: Days = DAYS) -> list[DayOut]:
    """What was kept of what fell due on each of the last days, those without promises left out."""
    return [DayOut.of(figure) for figure in scorer.days(reader, view_company(reader, company, scorer).company, last)]


@router.get("/companies/{company}/promises")
def promises(
    company: CompanyName,
    reader: ReaderOf,
    scorer: ScorerOf,
    outcome: Annotated[Outcome | None, Query(description="Only those that came out so.")] = None,
    offset: Offset = 0,
    limit: Limit = 100,
) -> PromisePage:
    """A company's promises, those due last first."""
    view = view_company(reader, company, scorer)
    rows, total = list_promises(reader, view.company, outcome, offset, limit)
    return PromisePage(total=total, items=[PromiseRowOut.of(row, view) for row in rows])


@router.get("/promises/{id}")
def promise(id: Annotated[str, Path(description="The promise's id.")], reader: ReaderOf) -> PromiseOut:
    """A promise with its terms and its history, each event with its transaction."""
    return PromiseOut.of(view_promise(reader, parse_promise_id(id)))


@router.get("/policy")
def policy(scorer: ScorerOf) -> PolicyOut:
    """The scoring policy in force."""
    return PolicyOut(hash=show_hex(scorer.policy.hash), policy=scorer.policy.model_dump())


@router.get("/health")
def health(reader: ReaderOf, schedule: ScheduleOf) -> Health:
    """How far the index is, and how it goes with scheduled anchors; an error if there is no index."""
    cursor = reader.require_cursor()
    return Health(
        ledger=cursor.account,
        block=cursor.block.number,
        block_time=cursor.block.time,
        final_block=cursor.final,
        checked_block=cursor.checked.number,
        anchors=[AnchoringOut.of(each) for each in schedule.state()] if schedule else [],
    )
