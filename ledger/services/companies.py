"""A company and its score, and the directory of them all."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.documents import Profile, read_profile
from ledger.errors import AmbiguousCompany, InvalidProfile, UnknownCompany
from ledger.indexer.scores import MARKET, books_of, rows_of_all
from ledger.outcomes import Outcome, Standing, outcome
from ledger.scoring.explanation import Explanation, explain
from ledger.scoring.policy import Policy
from ledger.scoring.rows import DAY_S, Book, Range, Rows
from ledger.scoring.score import DayFigure, Score, day_range, days, market_ranges, own_ranges, score
from ledger.store.reading import Reader
from ledger.store.records import Company, Cursor
from ledger.units import Address, Digest, Timestamp, parse_address, show_address, show_hex


@dataclass(frozen=True, slots=True)
class CompanyView:
    """A company with what it says of itself and what its log says of it."""

    company: Company
    profile: Profile | None
    """None where the profile can't be read."""
    score: Score
    block: Digest
    """The hash of the block that the score is as of."""
    final: bool
    """Whether the chain can't give up any of what the score rests on."""

    @property
    def name(self) -> str:
        """The name to show: its own, else its address."""
        return _name(self.profile, self.company)

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
    """Scores companies under one policy, each once per block.

    From the rows that the index keeps, if it keeps them under this policy; else from rows made anew of all promises.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._kept = _Kept(None, {}, None)

    def score(self, reader: Reader, company: Company) -> Score:
        """The company's score as of the last block indexed."""
        cursor, kept = self._at(reader)
        if company.address not in kept.scores:
            number, now = cursor.block.number, cursor.block.time
            own = self._rows(reader, cursor, kept, company.address, own_ranges(now, self.policy))
            market = self._rows(reader, cursor, kept, MARKET, market_ranges(own))
            kept.scores[company.address] = score(own, market, number, now, self.policy)
        return kept.scores[company.address]

    def days(self, reader: Reader, company: Company, count: int) -> tuple[DayFigure, ...]:
        """What was kept of what fell due on each of the last days, so many in all."""
        cursor, kept = self._at(reader)
        now = cursor.block.time
        wanted = day_range(Timestamp(max(0, now - (count - 1) * DAY_S)), now)
        return days(self._rows(reader, cursor, kept, company.address, [wanted]), wanted, self.policy)

    def _at(self, reader: Reader) -> tuple[Cursor, _Kept]:
        cursor = reader.require_cursor()
        # Bound anew as a whole, so a thread that is still at work keeps to its own block's.
        if self._kept.block != cursor.block.hash:
            self._kept = _Kept(cursor.block.hash, {}, None)
        return cursor, self._kept

    def _rows(self, reader: Reader, cursor: Cursor, kept: _Kept, company: Address, ranges: list[Range]) -> Rows:
        """A company's rows, or at least those of the ranges."""
        if cursor.policy == self.policy.hash:
            return reader.rows_of(company).within(ranges)
        if kept.books is None:
            kept.books = books_of(rows_of_all(reader, cursor.block.time, self.policy))
        return kept.books.get(company, Book())


@dataclass(slots=True)
class _Kept:
    """What was computed as of a block."""

    block: Digest | None
    scores: dict[Address, Score]
    books: dict[Address, Book] | None
    """All rows, where the index keeps them under another policy."""


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


def explain_company(reader: Reader, view: CompanyView, policy: Policy) -> Explanation:
    """Which promises cost a company what. Goes through all of them."""
    return explain(reader.standings_of(view.company.address), view.score.as_of, policy)


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


def name_of(company: Company) -> str:
    """The name to show for a company: its own, else its address."""
    return _name(profile_of(company), company)


def _name(profile: Profile | None, company: Company) -> str:
    return profile.name if profile else show_address(company.address)


def profile_of(company: Company) -> Profile | None:
    """What a company says of itself; None where that can't be read."""
    try:
        return read_profile(company.uri, company.profile)
    except InvalidProfile:
        return None


def _view(reader: Reader, company: Company, scorer: Scorer) -> CompanyView:
    cursor = reader.require_cursor()
    found = scorer.score(reader, company)
    return CompanyView(company, profile_of(company), found, cursor.block.hash, cursor.is_final)


def _rank(view: CompanyView) -> tuple[bool, int, Address]:
    floor = view.score.floor
    return floor is None, -(floor or 0), view.company.address
