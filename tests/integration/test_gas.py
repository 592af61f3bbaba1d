"""What actions cost is committed, so that each change of it is seen."""

import json

from benchmarks.gas import SNAPSHOT, run_ours
from ledger.chain.anvil import TRANSACTION_GAS_CAP


def test_actions_cost_what_the_snapshot_says() -> None:
    ours, floor = run_ours()
    assert ours == json.loads(SNAPSHOT.read_text()), "renew it by `python -m benchmarks.gas --snapshot`"
    assert all(floor[name] <= gas for name, gas in ours.items())


def test_three_hundred_promises_fit_into_one_transaction() -> None:
    """They were sent to a node that enforces the cap."""
    assert json.loads(SNAPSHOT.read_text())["make_batch300_whole"] < TRANSACTION_GAS_CAP
