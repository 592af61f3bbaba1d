"""Python, JavaScript, and a stranger who has only the documents, give the same score of any history, under any policy,
to the last bit, as JSON has it.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.events import Made, PromiseEvent
from ledger.lives import lives_of
from ledger.outcomes import Standing
from ledger.promises import service_code, signer_hash
from ledger.proofs.statements import assured
from ledger.scoring.policy import Policy
from ledger.scoring.rows import Book
from ledger.scoring.score import score
from ledger.scoring.tallies import fold
from ledger.units import BlockNumber, Timestamp, show_hex
from scripts.score_vectors import COMPANY, figures, market_of
from tests.support.build import ARBITER, DAY, NOON, a_customer, a_policy
from tests.support.histories import SERVICES, histories, lives

WEB = Path(__file__).parents[1] / "web"
CUSTOMERS = sorted(show_hex(a_customer(number)) for number in range(2))
LARGE = 2**53 - 1
CODES = [show_hex(service_code(service)) for service in SERVICES]
ratios = st.sampled_from([[1, 1], [1, 3], [7, 5], [1, LARGE], [LARGE, 1], [LARGE, LARGE - 1]])
shares = st.sampled_from([1, 50_000, 500_000, 1_000_000])

policies = st.builds(
    a_policy,
    name=st.sampled_from(["standard", "strict"]),
    arbiters=st.sampled_from([[], [show_hex(ARBITER)]]),
    customers=st.sampled_from([[], CUSTOMERS]),
    unlisted_ppm=st.sampled_from([1, 100_000, 999_999, 1_000_000]),
    correlation=st.sampled_from([[1, 5], [1, 1], [3, 7], [1, LARGE]]),
    half_life_days=st.sampled_from([15, 30, 90, 180]),
    epoch_day=st.sampled_from([0, NOON // DAY, NOON // DAY + 30]),
    answer_s=st.sampled_from([1, 3 * DAY, LARGE]),
    grace_share=ratios,
    grace_cap_s=st.sampled_from([1, 600, LARGE]),
    grace_cap_s_by_service=st.dictionaries(st.sampled_from(CODES), st.sampled_from([1, 700, LARGE])),
    half_life_days_by_service=st.dictionaries(st.sampled_from(CODES), st.sampled_from([15, 30, 90, 180])),
    late_credit_bp=st.sampled_from([0, 1, 5000, 10_000]),
    remedied_credit_bp=st.sampled_from([0, 1, 3000, 10_000]),
    critical_from=st.integers(1, 3),
    green_from_ppm=shares,
    amber_from_ppm=shares,
    green_confirmed_ppm=shares,
    min_promises=st.integers(1, 5),
    min_evidence=st.integers(1, 5),
    compared_cohorts=st.integers(2, 7),
    period_days=st.sampled_from([1, 7, 28]),
    periods=st.integers(1, 4),
    fairness_margin_ppm=shares,
    misconduct_margin_ppm=shares,
    overturned_margin_ppm=shares,
    untold_margin_ppm=shares,
    shared_ppm=st.sampled_from([1, 900_000]),
    alarms=st.lists(st.builds(dict, days=st.sampled_from([1, 2, 28, 366]), burn=ratios), max_size=5),
    alarm_reach=st.sampled_from([[1, 1], [1, 4], [1, LARGE], [LARGE - 1, LARGE]]),
    alarm_failures=st.integers(1, 3),
    few_customers=st.sampled_from([1, 3, LARGE]),
    exposure=st.sampled_from([1, 3, LARGE]),
    ambition_ppm=shares,
    z=st.sampled_from([[1_959_964, 1_000_000], [1, 1], [1, LARGE], [LARGE, 1]]),
    prior=st.builds(
        dict,
        mean_ppm=st.sampled_from([1, 500_000, 1_000_000]),
        strength=st.just(2),
        strongest=st.sampled_from([2, 20]),
        companies=st.integers(1, 3),
    ),
)


Program = tuple[IO[str], IO[str]]
"""What a process of JavaScript reads, and what it writes."""


@contextmanager
def running(name: str) -> Iterator[Program]:
    command = ["node", str(WEB / name)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdin, process.stdout
        process.stdin.close()


@pytest.fixture(scope="module")
def scorer() -> Iterator[Program]:
    with running("score_lines.mjs") as program:
        yield program


@pytest.fixture(scope="module")
def stranger() -> Iterator[Program]:
    with running("stranger_lines.mjs") as program:
        yield program


@settings(max_examples=1000, deadline=None)
@given(st.lists(histories, min_size=1, max_size=4), st.integers(NOON, NOON + 60 * DAY), policies)
def test_python_and_javascript_agree(
    scorer: Program, companies: list[list[Standing]], as_of: int, policy: Policy
) -> None:
    asked, answered = scorer
    shown = [[_shown(standing) for standing in standings] for standings in companies]
    asked.write(json.dumps({"companies": shown, "asOf": as_of, "policy": policy.model_dump()}) + "\n")
    asked.flush()
    books = [fold(standings, Timestamp(as_of), policy) for standings in companies]
    ours = figures(score(books[0], market_of(books, policy), BlockNumber(1), Timestamp(as_of), policy))
    assert json.loads(answered.readline()) == ours


@settings(max_examples=1000, deadline=None)
@given(lives(), st.integers(0, 20 * DAY), policies)
def test_they_agree_on_what_becomes_of_promises(
    scorer: Program, told: list[PromiseEvent], later: int, policy: Policy
) -> None:
    """From the events on: any that the contract allows, in any order."""
    asked, answered = scorer
    as_of = Timestamp(told[-1].at.time + later)
    asked.write(json.dumps({"logs": [list(map(_event, told))], "asOf": as_of, "policy": policy.model_dump()}) + "\n")
    asked.flush()
    book = fold(lives_of(told).values(), as_of, policy)
    ours = figures(score(book, market_of([book], policy), BlockNumber(1), as_of, policy))
    assert json.loads(answered.readline()) == ours


@settings(max_examples=300, deadline=None)
@given(lives(), st.integers(0, 20 * DAY), policies)
def test_a_stranger_agrees_on_what_a_statement_says(
    stranger: Program, told: list[PromiseEvent], later: int, policy: Policy
) -> None:
    """From the events on, by docs/scoring.md alone."""
    asked, answered = stranger
    as_of = Timestamp(told[-1].at.time + later)
    known = {"self": show_hex(signer_hash(COMPANY)), "policyHash": show_hex(policy.hash)}
    given = {"logs": [list(map(_event, told))], "asOf": as_of, "policy": policy.model_dump()}
    asked.write(json.dumps(given | known) + "\n")
    asked.flush()
    book = fold(lives_of(told).values(), as_of, policy)
    assert json.loads(answered.readline()) == assured(score(book, Book(), BlockNumber(1), as_of, policy))


def _event(event: PromiseEvent) -> dict[str, Any]:
    """An event as the decoder of the twin gives it."""
    fields = {_camel(item.name): getattr(event, item.name) for item in dataclasses.fields(event) if item.name != "at"}
    if isinstance(event, Made):
        fields["promise"] = {_camel(name): value for name, value in dataclasses.asdict(event.promise).items()}
        fields["promise"] = {name: _plain(value) for name, value in fields["promise"].items()}
    plain = {name: _plain(value) for name, value in fields.items()}
    return plain | {"event": type(event).__name__, "time": event.at.time}


def _plain(value: Any) -> Any:
    return show_hex(value) if isinstance(value, bytes) else value


def _shown(standing: Standing) -> dict[str, Any]:
    fields = {_camel(name): value for name, value in standing._asdict().items()}
    shown = {name: _plain(value) for name, value in fields.items()}
    return shown | {"status": standing.status.name.lower()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
