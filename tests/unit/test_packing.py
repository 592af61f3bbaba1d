"""Rows of sums as bytes: any row comes back as it was, and any rows add up to what they would as numbers."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.scoring.rows import Book, Key, Range, Row
from ledger.store.packing import PackedRows, pack, unpack

bits = st.integers(0, 300)
rows = st.lists(bits.flatmap(lambda most: st.integers(0, 2**most)), min_size=1, max_size=40).map(tuple)


@given(rows)
def test_a_row_comes_back_as_it_was(row: Row) -> None:
    assert unpack(pack(row)) == row


def test_numbers_are_as_wide_as_the_largest_needs() -> None:
    assert pack((1, 255)) == bytes((1, 1, 255))
    assert pack((0, 256)) == bytes((2, 0, 0, 1, 0))
    assert pack((1 << 16,)) == bytes((4, 0, 1, 0, 0))
    assert pack(((1 << 24) - 1,)) == bytes((4, 0, 255, 255, 255))
    assert len(pack((1 << 24, 0))) == len(pack(((1 << 56) - 1, 0))) == 1 + 2 * 8
    assert pack((1 << 64, 2)) == bytes((0, 0, 12, 0, 0, 0, 1, *[0] * 19, 2))
    assert pack((1 << 88,)) == bytes((0, 0, 16, *[0] * 4, 1, *[0] * 11))


keys = st.binary(min_size=3, max_size=4)


def of_length(count: int) -> st.SearchStrategy[dict[Key, Row]]:
    numbers = bits.flatmap(lambda most: st.integers(0, 2**most))
    # Zeros are no row.
    rows = st.lists(numbers, min_size=count, max_size=count).filter(any).map(tuple)
    return st.dictionaries(keys, rows, max_size=30)


@given(st.integers(1, 9).flatmap(of_length), st.lists(st.tuples(keys, keys), min_size=1, max_size=3), st.integers(0, 4))
def test_packed_rows_are_found_and_added_up_as_those_in_memory(
    rows: dict[Key, Row], ends: list[Range], after: int
) -> None:
    rows = {b"k" + key: row for key, row in rows.items()}
    ranges = [(b"k" + first, b"k" + last) for first, last in ends]
    first, last = ranges[0]
    book, packed = Book(), PackedRows((key, pack(row)) for key, row in rows.items())
    book.put(rows)
    assert list(packed.between(first, last).items()) == list(book.between(first, last).items())
    assert packed.get([first, last, *rows]) == book.get([first, last, *rows])
    assert packed.sums(ranges, after) == book.sums(ranges, after)


def test_a_thousand_of_the_largest_that_fit_their_width_add_up() -> None:
    for width in (1, 2, 3, 4, 7, 8, 9, 11, 12, 255, 256, 400):
        row = tuple((1 << 8 * width) - 1 - place for place in range(5))
        rows = {number.to_bytes(2, "big"): row for number in range(1000)}
        packed = PackedRows((key, pack(row)) for key, row in rows.items())
        assert packed.sums([(b"", b"\xff\xff")], 2) == {b"": tuple(1000 * number for number in row)}
