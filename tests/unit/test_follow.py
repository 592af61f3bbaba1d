"""What the index does next: extend, wait, rewind or halt."""

from __future__ import annotations

import pytest

from ledger.errors import ChainDiverged
from ledger.events import Block, Header
from ledger.indexer.follow import Child, Finality, Pause, Range, Rewind, Step, common, next_step
from ledger.units import BlockNumber, Digest, Timestamp


def digest(number: int, fork: int) -> Digest:
    return Digest(bytes([fork]) * 16 + number.to_bytes(16, "big"))


def header(number: int, fork: int = 0, parent_fork: int | None = None) -> Header:
    """A block of a fork, on its own fork's parent or another's."""
    parent = digest(number - 1, fork if parent_fork is None else parent_fork)
    return Header(BlockNumber(number), digest(number, fork), Timestamp(number * 12), parent, bytes(256))


def block(number: int, fork: int = 0) -> Block:
    return Block(BlockNumber(number), digest(number, fork), Timestamp(number * 12))


@pytest.mark.parametrize(
    "here, child, final, expected",
    [
        # What is final is fetched by number, and neither beyond nor after the last that is wanted.
        (header(5), header(6), 50, Range(BlockNumber(6), BlockNumber(20))),
        (header(5), header(6), 8, Range(BlockNumber(6), BlockNumber(8))),
        # What is not is fetched by hash, one at a time.
        (header(5), header(6), 5, Child(header(6))),
        (header(5), header(6), 0, Child(header(6))),
        # Nothing new.
        (header(5), None, 5, None),
        # A node that is behind is waited for, also where it says that more is final than it has.
        (None, None, 0, None),
        (None, None, 50, None),
        # The chain has another block there.
        (header(5, fork=1), header(6, fork=1), 2, Rewind()),
        (header(5, fork=1), None, 2, Rewind()),
        (header(5, fork=1), header(6, fork=1), 50, Rewind()),
        # The node changed its mind between two answers.
        (header(5), header(6, fork=1), 2, None),
    ],
)
def test_what_is_done_next(here: Header | None, child: Header | None, final: int, expected: Step | None) -> None:
    assert next_step(block(5), here, child, BlockNumber(final), BlockNumber(20)) == expected


@pytest.mark.parametrize("final", [3, 5, 50])
def test_nothing_after_the_last_that_is_wanted_is_asked_for(final: int) -> None:
    assert next_step(block(5), header(5), header(6), BlockNumber(final), BlockNumber(5)) is None
    assert next_step(block(5), header(5, fork=1), None, BlockNumber(2), BlockNumber(5)) == Rewind()


def test_the_pause_is_a_part_of_the_time_that_blocks_take() -> None:
    pause = Pause()
    assert pause.seconds == Pause.SHORTEST_S
    for reached, expected in ((1, 0.1), (2, 1.5), (2, 1.5), (12, 1.5)):
        pause.saw(block(reached))
        assert pause.seconds == expected
    pause.saw(Block(BlockNumber(13), digest(13, 0), Timestamp(10**6)))
    assert pause.seconds == Pause.LONGEST_S


FORKED = [block(3), block(4), block(5), block(6)]


@pytest.mark.parametrize(
    "theirs, final, kept",
    [
        ([header(3), header(4), header(5, 1), header(6, 1)], 3, block(4)),
        ([header(3), header(4, 1), header(5, 1), header(6, 1)], 3, block(3)),
        # A shorter chain.
        ([header(3), header(4)], 3, block(4)),
        ([header(3), header(4), header(5), header(6)], 3, block(6)),
    ],
)
def test_a_rewind_ends_at_the_last_block_that_both_have(theirs: list[Header], final: int, kept: Block) -> None:
    on_chain = {each.number: each.hash for each in theirs}
    assert common(FORKED, on_chain, BlockNumber(final)) == kept


def test_a_reorganisation_past_finality_halts() -> None:
    on_chain = {each.number: each.hash for each in (header(3, 1), header(4, 1), header(5, 1))}
    with pytest.raises(ChainDiverged, match=r"Block 3 was 0x0000.*, and is 0x0101"):
        common(FORKED, on_chain, BlockNumber(3))
    with pytest.raises(ChainDiverged, match="Block 4 was 0x0000"):
        common(FORKED, {BlockNumber(3): block(3).hash}, BlockNumber(4))


def test_finality_is_a_tag_or_a_depth() -> None:
    assert Finality.parse("safe") == Finality("safe")
    assert Finality.parse("12") == Finality("latest", 12)
    assert Finality.parse("12").of(BlockNumber(100)) == 88
    assert Finality.parse("12").of(BlockNumber(5)) == 0
    assert Finality.parse("finalized").of(BlockNumber(100)) == 100
    with pytest.raises(ValueError, match="soon"):
        Finality.parse("soon")
