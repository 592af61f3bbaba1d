"""Documents that the chain holds only digests of: profiles, terms, evidence.

A document is canonical JSON (RFC 8785), named by keccak256 of its bytes, so whoever shows one can be checked.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

import rfc8785
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import InvalidDocument, InvalidProfile
from ledger.promises import service_code
from ledger.units import Digest, digest_of

PROFILE_LIMIT = 64 * 1024
"""Bytes of a profile that we read at the most."""

URI_LIMIT = 2 * PROFILE_LIMIT
"""Characters of a URI that we read at the most: enough for a profile in base64."""

_DATA = "data:application/json"
MOST_NAMES = 2000
"""Cohorts, or services, that a profile may name."""

_JOINERS = "\u200c\u200d"
"""Invisible, and part of names in Persian and other scripts."""


def hidden(text: str) -> str | None:
    """The first character that can't be seen, but for joiners; None if there is none.

    Control characters break pictures, and marks of direction can make one name look like another.
    """
    return next((char for char in text if not (char.isprintable() or char in _JOINERS)), None)


def _visible(text: str) -> str:
    if hidden(text) is not None:
        raise ValueError("it has characters that can't be seen")
    return text


_ShortText = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_visible)]


@dataclass(frozen=True, slots=True)
class Document:
    """A document and its name."""

    digest: Digest
    content: bytes


class Profile(BaseModel):
    """What a company says of itself. Nothing in it is proven but that the company's key published it."""

    # Its words are the API's too.
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    handle: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    """A short name; nothing stops two companies from claiming one."""
    name: _ShortText
    cohort_key: Annotated[str, Field(max_length=80), AfterValidator(_visible)] = ""
    """What its cohorts are told apart by."""
    cohorts: Annotated[
        dict[Annotated[str, Field(pattern=r"^[0-9]{1,5}$")], _ShortText], Field(max_length=MOST_NAMES)
    ] = {}
    """Name of each cohort by its number."""
    services: Annotated[list[_ShortText], Field(max_length=MOST_NAMES)] = []
    """Published names of its services."""
    notice: Annotated[str, Field(max_length=400), AfterValidator(_visible)] = ""
    """Something that every reader should know."""

    def cohort_name(self, cohort: int) -> str:
        """The cohort's published name, else its number."""
        return self.cohorts.get(str(cohort), f"cohort {cohort}")

    def service_name(self, code: bytes) -> str:
        """The service's published name, else its code."""
        return self._service_names.get(code, f"0x{code.hex()}")

    @cached_property
    def _service_names(self) -> dict[bytes, str]:
        return {service_code(name): name for name in self.services}


def profile_keys() -> list[str]:
    """The keys that a profile may have."""
    return list(Profile.model_fields)


def document(content: dict[str, Any]) -> Document:
    """A document from its content. Raises InvalidDocument."""
    try:
        encoded = rfc8785.dumps(content)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise InvalidDocument(str(error)) from error
    return Document(digest_of(encoded), encoded)


def text_of(doc: Document) -> str | None:
    """What terms or evidence say in words; None if the content is not what its digest names, or says nothing."""
    if digest_of(doc.content) != doc.digest:
        return None
    try:
        text = json.loads(doc.content)["text"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return text if isinstance(text, str) else None


def data_uri(doc: Document) -> str:
    """A URI that carries the document itself (RFC 2397)."""
    return f"{_DATA};base64,{base64.b64encode(doc.content).decode()}"


def read_profile(uri: str, digest: Digest, where: str | None = None) -> Profile:
    """The profile that a `data:` URI carries. Raises InvalidProfile, also if it is not what its digest says.

    `where` names it in the error; by default, the URI's beginning.
    """
    where = where or (uri if len(uri) <= 60 else uri[:60] + "…")
    header, comma, body = uri.partition(",")
    if not comma or not header.startswith(_DATA):
        raise InvalidProfile(where, "only data:application/json URIs are read")
    if len(uri) > URI_LIMIT:
        raise InvalidProfile(where, f"it is larger than {PROFILE_LIMIT} bytes")
    try:
        content = unquote_to_bytes(body)
        if header.endswith(";base64"):
            content = base64.b64decode(content, validate=True)
        if digest_of(content) != digest:
            raise InvalidProfile(where, "it is not the document that its digest names")
        return Profile.model_validate_json(content)
    except (binascii.Error, ValidationError) as error:
        raise InvalidProfile(
            where, _first_fault(error) if isinstance(error, ValidationError) else str(error)
        ) from error


def _first_fault(error: ValidationError) -> str:
    first = error.errors()[0]
    return ": ".join([".".join(map(str, first["loc"])), first["msg"]]) if first["loc"] else first["msg"]
