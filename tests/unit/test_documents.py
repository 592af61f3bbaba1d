"""Profiles and texts are believed only as far as their digests go."""

import base64
from dataclasses import replace

import pytest

from ledger.documents import Document, data_uri, document, read_profile, text_of
from ledger.errors import InvalidProfile
from ledger.units import digest_of
from tests.support.build import a_profile


def test_a_profile_is_read_from_its_uri() -> None:
    doc = a_profile("acme", cohorts={"1": "north"}, services=["delivery"])
    profile = read_profile(data_uri(doc), doc.digest)
    assert (profile.handle, profile.name) == ("acme", "acme Ltd")
    assert (profile.cohort_name(1), profile.cohort_name(2)) == ("north", "cohort 2")
    assert profile.service_name(digest_of(b"delivery")[:8]) == "delivery"
    assert profile.service_name(b"\x01" * 8) == "0x0101010101010101"


def test_a_profile_may_be_percent_encoded() -> None:
    content = b'{"handle":"a","name":"A %"}'
    uri = "data:application/json," + content.decode().replace("%", "%25")
    assert read_profile(uri, digest_of(content)).name == "A %"


def encoded(content: bytes) -> str:
    return "data:application/json;base64," + base64.b64encode(content).decode()


@pytest.mark.parametrize(
    "uri, why",
    [
        ("", "only data:application/json URIs are read"),
        ("https://example.org/profile.json", "only data:application/json URIs are read"),
        ("data:text/html,<b>", "only data:application/json URIs are read"),
        ("data:application/json;base64,!!!", "base64"),
        (encoded(b"{"), "Invalid JSON"),
        (encoded(b"[" * 20_000), "Invalid JSON"),
        (encoded(b"{}"), "Field required"),
        (encoded(b'{"handle":"a b","name":"x"}'), "pattern"),
        (encoded(b'{"handle":"<script>","name":"x"}'), "pattern"),
        (encoded(b'{"handle":"a","name":""}'), "at least 1 character"),
        (encoded(b'{"handle":"a","name":"' + b"x" * 81 + b'"}'), "at most 80 characters"),
        (encoded(b" " * 200_000), "larger than"),
    ],
)
def test_a_profile_that_can_t_be_used_says_why(uri: str, why: str) -> None:
    body = uri.partition(",")[2]
    try:
        content = base64.b64decode(body, validate=True) if ";base64" in uri else body.encode()
    except ValueError:
        content = b""
    with pytest.raises(InvalidProfile, match=why):
        read_profile(uri, digest_of(content))


def test_a_profile_that_is_not_what_its_digest_names_is_refused() -> None:
    doc = a_profile()
    with pytest.raises(InvalidProfile, match="not the document that its digest names"):
        read_profile(data_uri(doc), a_profile("other").digest)


def test_the_text_of_a_document_is_shown_only_if_its_digest_fits() -> None:
    doc = document({"text": "By noon."})
    assert text_of(doc) == "By noon."
    assert text_of(replace(doc, digest=digest_of(b"another"))) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"text": 7}', b'"text"'])
def test_a_document_without_text_says_nothing(content: bytes) -> None:
    assert text_of(Document(digest_of(content), content)) is None


def test_a_document_s_name_does_not_depend_on_the_order_of_its_members() -> None:
    assert document({"a": 1, "b": 2}) == document({"b": 2, "a": 1})
