"""Signed statements: what a gateway says of a company between anchors, so that it can be held to it.

A signature (EIP-712) shows who said something, never that it is true: whoever has the company's log computes the
statement again. One without a signature is only what somebody may have said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.errors import InvalidBundle, InvalidInput, InvalidProof
from ledger.proofs.statements import Statement, read_statement
from ledger.signing import Domain, Message, digest_to_sign, signer_of
from ledger.strict import parse
from ledger.units import (
    MAX_QUANTITY,
    Address,
    BlockNumber,
    Digest,
    parse_address,
    parse_bytes,
    parse_digest,
    show_address,
    show_hex,
)

VERSION = 1

KIND = "Statement"
"""Its EIP-712 type."""

_KEYS = {"document", "version", "statement", "block", "signer", "signature"}


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement as of a block, whose time is the statement's, and who says so."""

    statement: Statement
    number: BlockNumber
    hash: Digest
    signer: Address | None = None
    """None where nobody signed."""
    signature: bytes = b""

    @property
    def message(self) -> Message:
        """What is signed, field by field."""
        said = self.statement
        return {
            "company": said.company,
            "head": said.head,
            "policy": said.policy,
            "statement": said.digest,
            "blockNumber": int(self.number),
            "blockHash": self.hash,
        }

    @property
    def words(self) -> dict[str, Any]:
        """It as JSON has it."""
        return {
            "document": "statement",
            "version": VERSION,
            "statement": self.statement.words,
            "block": {"number": self.number, "hash": show_hex(self.hash)},
            "signer": show_address(self.signer) if self.signer else None,
            "signature": show_hex(self.signature) if self.signer else None,
        }


def read_signed(content: bytes) -> SignedStatement:
    """Reads a signed statement from JSON. Raises InvalidBundle, InvalidProof."""
    try:
        words = parse(content)
        if not isinstance(words, dict) or words.keys() != _KEYS or words["document"] != "statement":
            raise InvalidBundle(f"it is no statement, which has {', '.join(sorted(_KEYS))}")
        if words["version"] != VERSION or words["block"].keys() != {"number", "hash"}:
            raise InvalidBundle(f"it is no statement of version {VERSION}, or its block has no number and hash")
        number, signer = words["block"]["number"], words["signer"]
        if type(number) is not int or not 0 <= number <= MAX_QUANTITY:
            raise InvalidBundle(f"{str(number)[:40]} is no block's number")
        return SignedStatement(
            read_statement(words["statement"]),
            BlockNumber(number),
            parse_digest(words["block"]["hash"]),
            parse_address(signer) if signer is not None else None,
            parse_bytes(words["signature"]) if signer is not None else b"",
        )
    except InvalidInput as error:
        raise error if isinstance(error, InvalidBundle) else InvalidBundle(error.what.removesuffix(".")) from error
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise InvalidBundle(f"it is not JSON of a statement ({str(error)[:80]})") from error


def require_signed(said: SignedStatement, domain: Domain) -> None:
    """Raises InvalidProof if a signature is not by the signer that it names."""
    if said.signer is None:
        return
    try:
        found = signer_of(digest_to_sign(domain, KIND, said.message), said.signature)
    except ValueError as error:
        raise InvalidProof(f"its signature is none: {error}") from error
    if found != said.signer:
        raise InvalidProof(f"{show_address(found)} signed it, and not {show_address(said.signer)}")
