"""The periods that the policy looks at: each is added up once, by itself or in a stretch."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.scoring.recent import recent_of
from ledger.scoring.rows import DAY_S
from ledger.scoring.tallies import fold
from ledger.units import Timestamp
from tests.support.build import a_policy, a_standing

POLICIES = {periods: a_policy(periods=periods) for periods in range(1, 20)}


@given(st.sampled_from(list(POLICIES)), st.integers(0, 40), st.integers(0, 27))
def test_each_period_looked_at_is_added_up_once_and_no_other(periods: int, last: int, day: int) -> None:
    policy = POLICIES[periods]
    now = Timestamp((last * policy.period_days + day) * DAY_S)
    length = policy.period_days * DAY_S
    # One in the first period, two in the next, and so on.
    due = [period * length for period in range(last + 1) for _ in range(1 + period)]
    rows = fold([a_standing(0, number=number, due_at=at) for number, at in enumerate(due)], now, policy)
    looked_at = range(max(0, last - periods + 1), last + 1)
    recent = recent_of(rows, now, policy)
    assert recent.since == looked_at[0] * length
    assert recent.counts.matured == sum(1 + period for period in looked_at)
