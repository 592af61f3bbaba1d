"""Python and JavaScript give the same score of any history, under any policy: to the last bit, as JSON has it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.outcomes import Standing
from ledger.scoring.policy import Policy
from ledger.scoring.score import score
from ledger.scoring.tallies import fold
from ledger.units import BlockNumber, Timestamp, show_hex
from scripts.score_vectors import figures, market_of
from tests.support.build import ARBITER, DAY, NOON, a_customer, a_policy
from tests.support.histories import histories

SCORER = Path(__file__).parents[1] / "web" / "score_lines.mjs"
CUSTOMERS = sorted(show_hex(a_customer(number)) for number in range(2))
LARGE = 2**53 - 1

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
    grace_cap_s=st.sampled_from([1, 600, LARGE]),
    min_promises=st.integers(1, 5),
    min_evidence=st.integers(1, 5),
    compared_cohorts=st.integers(2, 7),
    period_days=st.sampled_from([1, 7, 28]),
    periods=st.integers(1, 4),
    fairness_margin_ppm=st.sampled_from([1, 50_000, 500_000]),
    shared_ppm=st.sampled_from([1, 900_000]),
    alarm_failures=st.integers(1, 3),
    z=st.sampled_from([[1_959_964, 1_000_000], [1, 1], [1, LARGE], [LARGE, 1]]),
    prior=st.builds(
        dict,
        mean_ppm=st.sampled_from([1, 500_000, 1_000_000]),
        strength=st.just(2),
        strongest=st.sampled_from([2, 20]),
        companies=st.integers(1, 3),
    ),
)


@pytest.fixture(scope="module")
def scorer() -> Iterator[tuple[IO[str], IO[str]]]:
    """What a process of JavaScript reads, and what it writes."""
    with subprocess.Popen(["node", str(SCORER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        yield running.stdin, running.stdout
        running.stdin.close()


@settings(max_examples=500, deadline=None)
@given(st.lists(histories, min_size=1, max_size=4), st.integers(NOON, NOON + 60 * DAY), policies)
def test_python_and_javascript_agree(
    scorer: tuple[IO[str], IO[str]], companies: list[list[Standing]], as_of: int, policy: Policy
) -> None:
    asked, answered = scorer
    shown = [[_shown(standing) for standing in standings] for standings in companies]
    asked.write(json.dumps({"companies": shown, "asOf": as_of, "policy": policy.model_dump()}) + "\n")
    asked.flush()
    books = [fold(standings, Timestamp(as_of), policy) for standings in companies]
    ours = figures(score(books[0], market_of(books, policy), BlockNumber(1), Timestamp(as_of), policy))
    assert json.loads(answered.readline()) == ours


def _shown(standing: Standing) -> dict[str, Any]:
    fields = {_camel(name): value for name, value in standing._asdict().items()}
    shown = {name: show_hex(value) if isinstance(value, bytes) else value for name, value in fields.items()}
    return shown | {"status": standing.status.name.lower()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
