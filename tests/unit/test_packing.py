"""Rows of sums as bytes: any row comes back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.store.packing import pack, unpack

bits = st.integers(0, 300)
rows = st.lists(bits.flatmap(lambda most: st.integers(0, 2**most)), min_size=1, max_size=40).map(tuple)


@given(rows)
def test_a_row_comes_back_as_it_was(row: tuple[int, ...]) -> None:
    assert unpack([(b"a", pack(row))]) == {b"a": row}


def test_numbers_are_as_wide_as_the_largest_needs() -> None:
    assert pack((1, 255)) == bytes((1, 1, 255))
    assert pack((0, 256)) == bytes((2, 0, 0, 1, 0))
    assert pack((1 << 16,)) == bytes((4, 0, 1, 0, 0))
    assert len(pack(((1 << 64) - 1, 0))) == 1 + 2 * 8
    assert pack((1 << 64, 2)) == bytes((9, 1, *[0] * 16, 2))
