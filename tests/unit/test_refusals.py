"""What the contract refuses with, as a person reads it."""

from __future__ import annotations

from string import Formatter
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.contract import artifact, refusal
from ledger.errors import REFUSALS
from ledger.units import digest_of, show_hex
from tests.support.signing import values

ERRORS: list[dict[str, Any]] = [entry for entry in artifact()["abi"] if entry["type"] == "error"]


def reverted(error: dict[str, Any], arguments: list[Any]) -> bytes:
    types = [argument["type"] for argument in error["inputs"]]
    return digest_of(f"{error['name']}({','.join(types)})".encode())[:4] + encode(types, arguments)


def any_value(argument: dict[str, Any]) -> st.SearchStrategy[Any]:
    if argument["name"] == "status":
        return st.integers(0, 9)
    return st.binary(max_size=100) if argument["type"] == "bytes" else values(argument["type"])


def test_every_error_of_the_abi_has_its_words_and_no_word_lacks_an_error() -> None:
    assert REFUSALS.keys() == {error["name"] for error in ERRORS}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error["name"])
def test_words_name_every_value_and_say_what_to_do(error: dict[str, Any]) -> None:
    what, remedy = REFUSALS[error["name"]]
    assert {name for _, name, _, _ in Formatter().parse(what) if name} == {
        argument["name"] for argument in error["inputs"]
    }
    assert remedy.endswith(".")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error["name"])
@given(data=st.data())
def test_an_error_with_any_values_is_read(error: dict[str, Any], data: st.DataObject) -> None:
    arguments = [data.draw(any_value(argument)) for argument in error["inputs"]]
    refused = refusal(show_hex(reverted(error, arguments)))
    assert refused is not None
    assert refused.name == error["name"]
    assert refused.values.keys() == {argument["name"] for argument in error["inputs"]}
    for argument, value in zip(error["inputs"], arguments, strict=True):
        if isinstance(value, bytes):
            assert show_hex(value) in refused.values[argument["name"]].lower()


def test_what_a_person_reads_holds_the_values() -> None:
    error = next(error for error in ERRORS if error["name"] == "NotYetMissed")
    refused = refusal(show_hex(reverted(error, [bytes(32), 1_800_000_000, 2**40])))
    assert refused is not None
    assert f"Promise 0x{'00' * 32} is due at 2027-01-15 08:00 UTC" in refused.what
    assert "the block's time is after the year 9999" in refused.what


@given(st.one_of(st.none(), st.text(), st.integers(), st.binary().map(show_hex)))
def test_what_is_no_error_of_the_abi_is_nothing(data: object) -> None:
    assert refusal(data) is None


@pytest.mark.parametrize("error", [error for error in ERRORS if error["inputs"]], ids=lambda error: error["name"])
def test_an_error_that_is_cut_off_is_nothing(error: dict[str, Any]) -> None:
    whole = reverted(error, [bytes(32) if a["type"].startswith("bytes") else _least(a) for a in error["inputs"]])
    assert refusal(show_hex(whole[:20])) is None


def test_a_status_that_is_none_is_nothing() -> None:
    error = next(error for error in ERRORS if error["name"] == "WrongStatus")
    assert refusal(show_hex(reverted(error, [bytes(32), 10]))) is None


def _least(argument: dict[str, Any]) -> Any:
    return "0x" + "00" * 20 if argument["type"] == "address" else 0
