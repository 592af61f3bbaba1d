"""How figures are written on pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.templates import shares
from ledger.badge import percent_down
from ledger.units import WHOLE, Ppm


@given(st.integers(0, WHOLE), st.integers(0, WHOLE))
def test_parts_of_a_whole_sum_to_a_hundred_as_they_are_shown(one: int, other: int) -> None:
    low, high = sorted((one, other))
    parts = [Ppm(low), Ppm(high - low), Ppm(WHOLE - high)]
    shown = shares(parts)
    tenths = [int(text.removesuffix(" %").replace(".", "")) for text in shown]
    assert sum(tenths) == 1000
    assert shown[0] == percent_down(parts[0])
    assert all(abs(1000 * tenth - part) < 1000 for tenth, part in zip(tenths, parts, strict=True))


def test_no_promises_have_no_parts() -> None:
    assert shares([Ppm(0), Ppm(0), Ppm(0)]) == ["0.0 %", "0.0 %", "0.0 %"]
