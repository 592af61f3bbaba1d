"""Pages for people, rendered here; no script is needed to read them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.dependencies import DAYS, Offset, ReaderOf, ScorerOf
from api.rendering import render
from api.schemas import EXPERIENCES, STAGES, STAKES
from api.templates import shares
from ledger.badge import badge_message
from ledger.outcomes import Outcome
from ledger.scoring.fairness import WORDS
from ledger.scoring.reliability import Parts, Stratum
from ledger.services.companies import directory, list_promises, view_company
from ledger.services.promises import view_promise
from ledger.units import Ppm, parse_promise_id

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = 50
RECENT = 5
PARTS = {
    "assured": "assured",
    "unproven": "earned, not yet proven",
    "disputed": "disputed",
    "late": "lost to late promises",
    "remedied": "lost to remedied ones",
    "broken": "lost to broken ones",
}
STRATA = {Stratum.ROUTINE: "routine promises", Stratum.CRITICAL: "critical promises, whose failure hurts most"}


@router.get("/")
def directory_page(reader: ReaderOf, scorer: ScorerOf) -> HTMLResponse:
    """All companies."""
    views = directory(reader, scorer)
    return render("directory.html", views=views, cursor=reader.require_cursor(), policy=scorer.policy)


@router.get("/companies/{company}")
def company_page(company: str, request: Request, reader: ReaderOf, scorer: ScorerOf) -> HTMLResponse:
    """A company and its score."""
    view = view_company(reader, company, scorer)
    recent = {
        result: list_promises(reader, view.company, result, 0, RECENT)[0]
        for result in (Outcome.DISPUTED, Outcome.BROKEN, Outcome.REMEDIED, Outcome.LATE, Outcome.KEPT)
    }
    return render(
        "company.html",
        view=view,
        recent=recent,
        days=scorer.days(reader, view.company, DAYS),
        policy=scorer.policy,
        parts=_parts(view.score.reliability.parts),
        strata=STRATA,
        words=WORDS,
        badge=badge_message(view.score.floor, view.score.grade, view.score.as_of),
        base=str(request.base_url).rstrip("/"),
    )


@dataclass(frozen=True)
class PartView:
    """A part of the whole, to be drawn and named."""

    kind: str
    name: str
    ppm: Ppm
    start: int
    written: str


def _parts(parts: Parts) -> list[PartView]:
    """Those that are not nothing."""
    sizes = [getattr(parts, kind) for kind in PARTS]
    starts = accumulate([0, *sizes])
    each = zip(PARTS.items(), sizes, starts, shares(sizes), strict=False)
    return [PartView(kind, name, ppm, start, written) for (kind, name), ppm, start, written in each if ppm]


@router.get("/companies/{company}/promises")
def promises_page(
    company: str,
    reader: ReaderOf,
    scorer: ScorerOf,
    outcome: Annotated[Outcome | None, Query()] = None,
    offset: Offset = 0,
) -> HTMLResponse:
    """A company's promises."""
    view = view_company(reader, company, scorer)
    rows, total = list_promises(reader, view.company, outcome, offset, PAGE)
    return render(
        "promises.html", view=view, rows=rows, total=total, wanted=outcome, offset=offset, page=PAGE, outcomes=Outcome
    )


@router.get("/promises/{id}")
def promise_page(id: str, reader: ReaderOf) -> HTMLResponse:
    """A promise and its history."""
    view = view_promise(reader, parse_promise_id(id))
    return render("promise.html", view=view, experiences=EXPERIENCES, stages=STAGES, stakes=STAKES)


@router.get("/api")
def api_page(request: Request) -> HTMLResponse:
    """What the API can be asked."""
    return render("api.html", schema=request.app.openapi())
