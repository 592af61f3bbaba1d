"""Promises and messages of any kind that the contract can be asked to take."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ledger.events import Matter
from ledger.promises import TYPES, Promise
from ledger.signing import ACTIONS


def promises() -> st.SearchStrategy[Promise]:
    """Any twelve values that fit their fields, whether the contract would take them or not."""
    return st.builds(Promise, *map(values, TYPES))


def messages(action: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any message of an action."""
    return st.fixed_dictionaries(
        {name: st.sampled_from(Matter) if name == "matter" else values(kind) for name, kind in ACTIONS[action]}
    )


def values(kind: str) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    match kind:
        case "Promise":
            return promises()
        case "string":
            return st.text()
        case "bool":
            return st.booleans()
        case "address":
            return st.binary(min_size=20, max_size=20)
    if kind.startswith("bytes"):
        size = int(kind.removeprefix("bytes"))
        return st.binary(min_size=size, max_size=size)
    return st.integers(0, (1 << int(kind.removeprefix("uint"))) - 1)
