"""What proves what the gateway says: statements that it can be held to, bundles, and the page that checks them."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import HTMLResponse

from api.dependencies import CompanyName, ProverOf, ReaderOf, SpeakerOf
from api.errors import PROBLEMS
from api.schemas import BundleOut, StatementOut
from api.templates import STATIC
from ledger.services.companies import find_company
from ledger.units import parse_digest, show_hex

router = APIRouter(tags=["proofs"], responses=PROBLEMS)

PAGE = STATIC / "verify.html"
_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]+)"')


class BundleFile(Response):
    """A bundle as a file. Others' pages may read it: it is public, and proves itself."""

    media_type = "application/gzip"


@router.get("/api/companies/{company}/statement")
def statement(company: CompanyName, reader: ReaderOf, speaker: SpeakerOf) -> StatementOut:
    """What is stated of a company as of the last block indexed, signed if the gateway has a key."""
    return StatementOut.model_validate(speaker.statement(reader, find_company(reader, company)).words)


@router.get("/api/companies/{company}/bundle", response_class=BundleFile)
def bundle(company: CompanyName, reader: ReaderOf, prover: ProverOf) -> BundleFile:
    """A company's figures as of a block of the last minutes, with all that proves them: a file for `troth verify`."""
    name, content = prover.current(reader, company)
    return _file(show_hex(name), content)


@router.get("/api/companies/{company}/anchors")
def anchors(company: CompanyName, reader: ReaderOf, prover: ProverOf) -> list[BundleOut]:
    """The bundles of the company's figures that this gateway has anchored, the latest first."""
    found = prover.anchored(find_company(reader, company).address)
    return [
        BundleOut(name=show_hex(each.name), block=each.block, url=f"/bundles/{show_hex(each.name)}") for each in found
    ]


@router.get("/bundles/{name}", response_class=BundleFile)
def anchored(
    name: Annotated[str, Path(description="keccak256 of the JSON in it, in hexadecimal.")], prover: ProverOf
) -> BundleFile:
    """A bundle of figures that were anchored, by its name."""
    return _file(name, prover.bundle(parse_digest(name)))


@router.get("/static/verify.html", include_in_schema=False)
@router.get("/verify.html", include_in_schema=False)
def verify_page() -> HTMLResponse:
    """The page that checks bundles, in the browser and without us: the same file that anybody may keep."""
    page = PAGE.read_text()
    found = _POLICY.search(page)
    allowed = found[1] if found else "default-src 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": f"{allowed}; frame-ancestors 'none'"})


def _file(name: str, content: bytes) -> BundleFile:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.json.gz"',
        "Access-Control-Allow-Origin": "*",
    }
    return BundleFile(content, headers=headers)
