"""Companies that confirm each other's promises. Flags for a reader, never a score.

Trust propagated through such a graph was measured on Bitcoin OTC and told worse whom to trust than plain rates did
(docs/decisions/0016), so nothing is computed from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from ledger.units import Address

Graph = Mapping[Address, Set[Address]]
"""By whom the promises of each company were confirmed, of the other companies."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Who stands with a company in a ring of confirmations."""

    mutual: tuple[Address, ...]
    """Companies that confirm its promises, and whose promises it confirms."""
    component: tuple[Address, ...]
    """Companies that can be reached from it by confirmations, and it from them: its strongly connected component."""


def ring(graph: Graph, company: Address) -> Ring:
    """The ring that a company stands in; empty where there is none."""
    witnesses = graph.get(company, frozenset())
    mutual = [other for other in witnesses if company in graph.get(other, frozenset())]
    back: dict[Address, set[Address]] = {}
    for confirmed, by in graph.items():
        for witness in by:
            back.setdefault(witness, set()).add(confirmed)
    component = _reached(graph, company) & _reached(back, company)
    return Ring(tuple(sorted(mutual)), tuple(sorted(component - {company})))


def _reached(graph: Graph, start: Address) -> set[Address]:
    seen, ahead = {start}, [start]
    while ahead:
        for other in graph.get(ahead.pop(), frozenset()):
            if other not in seen:
                seen.add(other)
                ahead.append(other)
    return seen
