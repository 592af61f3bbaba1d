"""A company and its score, and the directory of them all."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.documents import Profile, read_profile
from ledger.errors import AmbiguousCompany, InvalidProfile, UnknownCompany
from ledger.outcomes import Outcome, Standing, outcome
from ledger.scoring.policy import Policy
from ledger.scoring.score import Score, score
from ledger.store.reading import Reader
from ledger.store.records import Company
from ledger.units import Address, Digest, parse_address, show_address, show_hex


@dataclass(frozen=True, slots=True)
class CompanyView:
    """A company with what it says of itself and what its log says of it."""

    company: Company
    profile: Profile | None
    """None where the profile can't be read."""
    score: Score
    final: bool
    """Whether the chain can't give up any of what the score rests on."""

    @property
    def name(self) -> str:
        """The name to show: its own, else its address."""
        return self.profile.name if self.profile else show_address(self.company.address)

    def cohort_name(self, cohort: int) -> str:
        """The name to show for a cohort."""
        return cohort_name(self.profile, cohort)

    def service_name(self, code: bytes) -> str:
        """The name to show for a service."""
        return service_name(self.profile, code)


@dataclass(frozen=True, slots=True)
class PromiseRowView:
    """A promise as a line of a list."""

    standing: Standing
    outcome: Outcome
    final: bool
    """Whether the chain can't give up any of its events."""


class Scorer:
    """Scores companies under one policy, each once per block."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._block: Digest | None = None
        self._scores: dict[Address, Score] = {}

    def score(self, reader: Reader, company: Company) -> Score:
        """The company's score as of the last block indexed."""
        block = reader.require_cursor().block
        if block.hash != self._block:
            # Both names are bound anew, so a thread that is still at work keeps to its own block's dictionary.
            self._block, self._scores = block.hash, {}
        scores = self._scores
        if company.address not in scores:
            standings = reader.standings_of(company.address)
            scores[company.address] = score(standings, block.number, block.time, self.policy)
        return scores[company.address]


def find_company(reader: Reader, text: str) -> Company:
    """A company by its address or the handle it gives itself.

    Raises InvalidAddress, UnknownCompany, and AmbiguousCompany where several claim the handle.
    """
    reader.require_cursor()
    if text.startswith("0x"):
        company = reader.company(parse_address(text))
        if company is None:
            raise UnknownCompany(text)
        return company
    found = reader.companies_called(text)
    if not found:
        raise UnknownCompany(text)
    if len(found) > 1:
        raise AmbiguousCompany(text, [show_address(company.address) for company in found])
    return found[0]


def view_company(reader: Reader, text: str, scorer: Scorer) -> CompanyView:
    """A company by its address or handle, scored. Raises as `find_company` does."""
    return _view(reader, find_company(reader, text), scorer)


def directory(reader: Reader, scorer: Scorer) -> list[CompanyView]:
    """All companies, the highest assured floor first; those with too few promises to be judged last."""
    reader.require_cursor()
    views = [_view(reader, company, scorer) for company in reader.companies()]
    return sorted(views, key=_rank)


def list_promises(
    reader: Reader, company: Company, wanted: Outcome | None, offset: int, limit: int
) -> tuple[list[PromiseRowView], int]:
    """Some promises of a company, those due last first, and how many there are."""
    cursor = reader.require_cursor()
    as_of = cursor.block.time
    standings, count = reader.page_of_promises(company.address, wanted, as_of, offset, limit)
    rows = [PromiseRowView(each, outcome(each, as_of), each.changed_in <= cursor.final) for each in standings]
    return rows, count


def cohort_name(profile: Profile | None, cohort: int) -> str:
    """The name to show for a cohort of a company with this profile."""
    return profile.cohort_name(cohort) if profile else f"cohort {cohort}"


def service_name(profile: Profile | None, code: bytes) -> str:
    """The name to show for a service of a company with this profile."""
    return profile.service_name(code) if profile else show_hex(code)


def profile_of(company: Company) -> Profile | None:
    """What a company says of itself; None where that can't be read."""
    try:
        return read_profile(company.uri, company.profile)
    except InvalidProfile:
        return None


def _view(reader: Reader, company: Company, scorer: Scorer) -> CompanyView:
    return CompanyView(company, profile_of(company), scorer.score(reader, company), reader.require_cursor().is_final)


def _rank(view: CompanyView) -> tuple[bool, int, Address]:
    floor = view.score.assured_floor
    return floor is None, -(floor or 0), view.company.address
