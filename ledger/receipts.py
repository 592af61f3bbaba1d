"""Receipts: what a customer keeps of a promise, and needs to confirm or dispute it.

A receipt is private: its salt tells whose promise it is, and its terms say what was promised.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ledger.documents import Document
from ledger.errors import InvalidInput, InvalidReceipt
from ledger.promises import FIELDS, Promise, promise_id
from ledger.signing import promise_in_words
from ledger.strict import parse
from ledger.units import (
    Digest,
    PromiseId,
    digest_of,
    parse_address,
    parse_bytes,
    parse_digest,
    parse_promise_id,
    show_hex,
)

VERSION = 1
_NUMBER = re.compile("0|[1-9][0-9]{0,19}")
_PARTS = {"version", "ledger", "id", "promise", "salt", "terms"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A promise, and what the chain does not hold of it."""

    ledger: str
    """The ledger that it was made on, by CAIP-10."""
    promise: Promise
    salt: Digest
    """What the promise's customer is hashed with; zero for a promise to the public."""
    terms: Document

    @property
    def id(self) -> PromiseId:
        """The promise's id."""
        return promise_id(self.promise)

    def encode(self) -> str:
        """The receipt as a file's content: JSON."""
        parts = {
            "version": VERSION,
            "ledger": self.ledger,
            "id": show_hex(self.id),
            "promise": promise_in_words(self.promise),
            "salt": show_hex(self.salt),
            "terms": self.terms.content.decode(),
        }
        return json.dumps(parts, indent=2, ensure_ascii=False) + "\n"


def read_receipt(content: str, where: str) -> Receipt:
    """Reads a receipt and checks that its parts agree. Raises InvalidReceipt; `where` names it in the error."""
    try:
        parts = parse(content)
        if not isinstance(parts, dict) or parts.keys() != _PARTS or parts["version"] != VERSION:
            raise InvalidReceipt(
                where, f"it is not a JSON object of version {VERSION} with {', '.join(sorted(_PARTS))}"
            )
        terms = parts["terms"].encode()
        receipt = Receipt(
            ledger=str(parts["ledger"]),
            promise=_promise(parts["promise"]),
            salt=parse_digest(parts["salt"]),
            terms=Document(digest_of(terms), terms),
        )
        said = parse_promise_id(parts["id"])
    except InvalidInput as error:
        raise (
            error if isinstance(error, InvalidReceipt) else InvalidReceipt(where, error.what.removesuffix("."))
        ) from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise InvalidReceipt(where, f"it is not JSON of a receipt's form ({error})") from error
    if said != receipt.id:
        raise InvalidReceipt(where, f"its promise has the id {show_hex(receipt.id)}, not {show_hex(said)}")
    if receipt.terms.digest != receipt.promise.terms:
        raise InvalidReceipt(where, "its terms are not those that the promise names")
    return receipt


def _promise(words: Any) -> Promise:
    if not isinstance(words, dict) or words.keys() != {name for name, _ in FIELDS}:
        raise ValueError(f"a promise has the fields {', '.join(name for name, _ in FIELDS)}")
    return Promise(*(_value(name, kind, words[name]) for name, kind in FIELDS))


def _value(name: str, kind: str, text: Any) -> Any:
    if kind == "address":
        return parse_address(text)
    if not kind.startswith("uint"):
        return parse_bytes(text)
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError(f"its {name} is {text!r}")
    return int(text)
