"""Receipts: what is written is read again, and what was changed is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.documents import document
from ledger.errors import InvalidReceipt
from ledger.receipts import Receipt, read_receipt
from ledger.units import Digest
from scripts.vectors import ORDINARY, SALT
from tests.support.signing import promises

TERMS = document({"text": "The parcel arrives by Friday noon – at your door", "salt": "0x00"})
RECEIPT = Receipt("eip155:1:0x00", replace(ORDINARY, terms=TERMS.digest), SALT, TERMS)
FIELDS = json.loads(RECEIPT.encode())


@given(promises(), st.binary(min_size=32, max_size=32), st.text())
def test_a_receipt_is_read_as_it_was_written(promise: Any, salt: bytes, text: str) -> None:
    try:
        terms = document({"text": text})
    except UnicodeEncodeError:
        return
    receipt = Receipt("eip155:1:0x00", replace(promise, terms=terms.digest), Digest(salt), terms)
    assert read_receipt(receipt.encode(), "it") == receipt


@pytest.mark.parametrize(
    "changed, why",
    [
        ({"version": 2}, "version 1"),
        ({"version": None}, "version 1"),
        ({"surplus": 1}, "version 1"),
        ({"id": "0x" + "00" * 32}, "has the id"),
        ({"id": "0x12"}, "'0x12' is not a promise's id"),
        ({"salt": "0x12"}, "'0x12' is not a digest"),
        ({"salt": 7}, "7 is not a digest"),
        ({"terms": FIELDS["terms"].replace("noon", "noun")}, "terms are not those"),
        ({"terms": None}, "form"),
        ({"promise": None}, "a promise has the fields"),
        ({"promise": {}}, "a promise has the fields"),
        ({"promise": FIELDS["promise"] | {"dueAt": "1"}}, "has the id"),
        ({"promise": FIELDS["promise"] | {"dueAt": "soon"}}, "'soon'"),
        ({"promise": FIELDS["promise"] | {"dueAt": str(2**40)}}, "dueAt"),
        ({"promise": FIELDS["promise"] | {"dueAt": "-1"}}, "dueAt"),
        ({"promise": FIELDS["promise"] | {"dueAt": "01"}}, "dueAt is '01'"),
        ({"promise": FIELDS["promise"] | {"dueAt": "1_0"}}, "dueAt is '1_0'"),
        ({"promise": FIELDS["promise"] | {"dueAt": 1}}, "dueAt is 1"),
        ({"promise": FIELDS["promise"] | {"company": "0x12"}}, "'0x12' is not an address"),
        ({"promise": FIELDS["promise"] | {"service": "0x12"}}, "service"),
        ({"promise": FIELDS["promise"] | {"terms": "12"}}, "'12' is not data"),
    ],
    ids=lambda given: str(given)[:40],
)
def test_a_changed_receipt_is_refused_by_name(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidReceipt, match=r"receipt mine\.json") as refused:
        read_receipt(json.dumps(FIELDS | changed), "mine.json")
    assert why in refused.value.what


@pytest.mark.parametrize("content", ["", "[]", "null", "{", "7", '"x"', "[" * 100_000], ids=lambda content: content[:9])
def test_what_is_no_receipt_is_refused(content: str) -> None:
    with pytest.raises(InvalidReceipt):
        read_receipt(content, "mine.json")


@given(st.text() | st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(json.dumps))
def test_anything_else_is_refused_by_no_other_error(content: str) -> None:
    with pytest.raises(InvalidReceipt):
        read_receipt(content, "mine.json")
