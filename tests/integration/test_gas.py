"""What our transactions cost in gas, to the unit: a change of it is seen in review."""

from __future__ import annotations

import json

import pytest

from benchmarks.gas import RENEW, SNAPSHOT, snapshot
from benchmarks.gas_case import BATCH
from benchmarks.gas_floor import floor
from benchmarks.gas_ours import NEEDS, measure
from ledger.errors import NodeRefused
from tests.support.meter import GAS_CAP, Spent, run_meter

CEILINGS = {
    "make": 56_000,
    "make_batch100": 31_000 * BATCH,
    "fulfil": 36_000,
    "fulfil_batch100": 10_000 * BATCH,
    "confirm_relayed": 46_600,
    "anchor": 33_000,
}
"""What each may cost at the most: docs/decisions/0010-gas.md."""


@pytest.fixture(scope="module")
def ours() -> dict[str, Spent]:
    return measure()


def test_gas_is_what_the_snapshot_says(ours: dict[str, Spent]) -> None:
    assert snapshot(ours) == json.loads(SNAPSHOT.read_text()), (
        f"The gas of our transactions has changed. If that is meant, run `{RENEW}` and commit {SNAPSHOT.name}."
    )


def test_no_transaction_costs_more_than_its_ceiling(ours: dict[str, Spent]) -> None:
    assert {name: ours[name].gas for name in CEILINGS if ours[name].gas > CEILINGS[name]} == {}


def test_300_promises_fit_one_transaction_under_the_enforced_cap(ours: dict[str, Spent]) -> None:
    batch = ours["make_batch300"]
    assert len(batch.logs) == 300
    assert batch.gas <= GAS_CAP


def test_the_cap_is_enforced_where_gas_is_measured() -> None:
    with run_meter() as meter:
        sender, receiver, *_ = meter.accounts()
        assert meter.send(sender, receiver, b"", gas=GAS_CAP).gas == 21_000
        with pytest.raises(NodeRefused, match="gas"):
            meter.send(sender, receiver, b"", gas=GAS_CAP + 1)


@pytest.mark.parametrize("name", NEEDS)
def test_no_transaction_costs_less_than_its_floor(ours: dict[str, Spent], name: str) -> None:
    assert floor(ours[name], NEEDS[name]) < ours[name].gas
