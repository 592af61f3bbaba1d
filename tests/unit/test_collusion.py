"""Rings of companies that confirm each other's promises are flagged, and nobody else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.scoring.collusion import Ring, ring
from ledger.units import Address

A, B, C, D = (Address(bytes([number]) * 20) for number in range(4))


def test_two_that_confirm_each_other_are_a_ring() -> None:
    graph = {A: {B, C}, B: {A}}
    assert ring(graph, A) == Ring(mutual=(B,), component=(B,))
    assert ring(graph, B) == Ring(mutual=(A,), component=(A,))
    assert ring(graph, C) == Ring((), ())


def test_a_ring_of_three_is_found_where_no_two_confirm_each_other() -> None:
    graph = {A: {B}, B: {C}, C: {A, D}}
    assert ring(graph, A) == Ring(mutual=(), component=(B, C))
    assert ring(graph, D) == Ring((), ())


def test_a_chain_is_no_ring() -> None:
    assert ring({A: {B}, B: {C}, C: {D}}, B) == Ring((), ())


@given(st.dictionaries(st.sampled_from([A, B, C, D]), st.sets(st.sampled_from([A, B, C, D]))))
def test_all_of_a_ring_find_the_same_ring(graph: dict[Address, set[Address]]) -> None:
    for company in (A, B, C, D):
        found = ring(graph, company)
        assert set(found.mutual) - {company} <= set(found.component)
        for other in found.component:
            assert {company, *found.component} == {other, *ring(graph, other).component}
