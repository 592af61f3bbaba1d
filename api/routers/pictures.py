"""Badges and charts: SVG that other pages embed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.charts import WIDTH, by_cohort, by_day
from api.dependencies import DAYS, CompanyName, ReaderOf, ScorerOf, SpeakerOf
from api.errors import PROBLEMS
from ledger.badge import render_badge
from ledger.services.companies import find_company, name_of, view_company
from ledger.units import digest_of

router = APIRouter(tags=["pictures"], responses=PROBLEMS)

MAX_AGE_S = 300

Width = Annotated[int, Query(ge=300, le=2000, description="How wide it is, in pixels: its letters keep their size.")]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag of one you have: it is not sent again.")
]


@router.get("/badges/{company}.svg")
def badge(company: CompanyName, reader: ReaderOf, speaker: SpeakerOf, known: IfNoneMatch = None) -> Response:
    """A company's badge: its assured floor and the date, and inside, the statement that `troth verify` checks."""
    found = find_company(reader, company)
    return _svg(render_badge(name_of(found), speaker.statement(reader, found)).encode(), known)


@router.get("/companies/{company}/by-day.svg")
def chart_by_day(
    company: CompanyName, reader: ReaderOf, scorer: ScorerOf, width: Width = WIDTH, known: IfNoneMatch = None
) -> Response:
    """A company's reliability over time."""
    view = view_company(reader, company, scorer)
    return _svg(by_day(scorer.days(reader, view.company, DAYS), width), known)


@router.get("/companies/{company}/by-cohort.svg")
def chart_by_cohort(
    company: CompanyName, reader: ReaderOf, scorer: ScorerOf, width: Width = WIDTH, known: IfNoneMatch = None
) -> Response:
    """A company's reliability by cohort."""
    return _svg(by_cohort(view_company(reader, company, scorer), width), known)


def _svg(content: bytes, known: str | None) -> Response:
    tag = f'"{digest_of(content)[:16].hex()}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={MAX_AGE_S}, s-maxage={MAX_AGE_S}",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    if known is not None and tag in (part.strip() for part in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/svg+xml", headers=headers)
