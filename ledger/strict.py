"""JSON read strictly: a name stands once in an object, and a number is an integer, written in its one way.

Else two readers could take one file for two things: most take the last of two values, and 1.0 for 1.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from ledger.units import MOST_NUMBER


def parse(content: bytes | str) -> Any:
    """The value that a text is the JSON of. Raises ValueError."""
    # The one refuses text that is no Unicode; the other shows names and numbers as they stand.
    orjson.loads(content)
    try:
        return json.loads(content, object_pairs_hook=members, parse_int=_integer, parse_float=_integer)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _integer(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or text == "-0" or abs(int(text[:20])) > MOST_NUMBER:
        raise ValueError(f"{text[:40]} is no integer of 53 bits")
    return int(text)
