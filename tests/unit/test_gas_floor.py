"""The least gas of a transaction, against figures worked out by hand from the EIPs."""

from __future__ import annotations

from benchmarks.gas_floor import Needs, floor, log_gas, with_calldata
from tests.support.meter import Spent


def test_an_empty_transaction_costs_21000() -> None:
    assert with_calldata(b"", 0) == 21_000


def test_calldata_costs_4_for_a_zero_byte_and_16_for_another_beside_much_execution() -> None:
    assert with_calldata(bytes(3) + b"\1\1", 1_000) == 21_000 + 3 * 4 + 2 * 16 + 1_000


def test_calldata_costs_10_for_a_zero_byte_and_40_for_another_where_little_is_executed() -> None:
    assert with_calldata(bytes(3) + b"\1\1", 50) == 21_000 + 3 * 10 + 2 * 40


def test_a_log_costs_by_topics_and_bytes() -> None:
    assert log_gas(topics=4, length=160) == 375 + 4 * 375 + 160 * 8


def test_a_floor_counts_slots_signatures_and_logs() -> None:
    spent = Spent(gas=0, data=b"", logs=((3, bytes(96)), (0, b"")), contract=None)
    needs = Needs(new=1, changed=2, read=3, recovered=1)
    assert floor(spent, needs) == 21_000 + 22_100 + 2 * 5_000 + 3 * 2_100 + 3_000 + (375 * 4 + 768) + 375
