"""Python and JavaScript take the same proofs for true, and refuse the others for the same reasons."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import orjson
import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from ledger.documents import Document, data_uri, read_profile
from ledger.errors import InvalidProfile, InvalidProof, TrothError
from ledger.proofs.blocks import encode_receipt, logs_of, read_header
from ledger.proofs.bundles import ReceiptBundle, ScoreBundle, encode_bundle, read_bundle
from ledger.proofs.trie import value_in
from ledger.proofs.verification import verify_receipt, verify_score
from ledger.units import Digest, digest_of, show_hex
from tests.support.attacks import HISTORY, LEDGER, LIE, POLICY, a_bundle, a_receipt_bundle
from tests.support.blocks import HEADER, receipt
from tests.support.verifier import pins_of

VERIFIER = Path(__file__).parents[1] / "web" / "proof_lines.mjs"
NO_RLP = "it is not RLP"
TRUE = [encode_bundle(bundle)[1] for bundle in (a_bundle(HISTORY, LIE), a_receipt_bundle())]


@dataclass(frozen=True)
class Twin:
    """The JavaScript, as another program asks it."""

    asked: IO[str]
    answered: IO[str]

    def __call__(self, check: str, **given: Any) -> dict[str, Any]:
        self.asked.write(json.dumps({"check": check} | given) + "\n")
        self.asked.flush()
        answer: dict[str, Any] = json.loads(self.answered.readline())
        return answer


@pytest.fixture(scope="module")
def twin() -> Iterator[Twin]:
    with subprocess.Popen(["node", str(VERIFIER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        yield Twin(running.stdin, running.stdout)
        running.stdin.close()


def ours(check: Callable[[], Any]) -> dict[str, Any]:
    """What Python says, as the twin does."""
    try:
        return {"found": check()}
    except InvalidProof as error:
        return {"refused": "InvalidProof", "why": error.why}


def assert_alike(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The same, but for how a library words what is no RLP."""
    if NO_RLP in one.get("why", ""):
        assert other["why"].startswith(NO_RLP)
    else:
        assert one == other


def flipped(content: bytes, bit: int) -> bytes:
    place = bit % (8 * len(content))
    return (int.from_bytes(content, "big") ^ 1 << place).to_bytes(len(content), "big")


keys = st.binary(min_size=1, max_size=4)
tries = st.dictionaries(keys, st.binary(min_size=1, max_size=80), min_size=1, max_size=40)


@settings(max_examples=500, deadline=None)
@given(tries, keys, st.data())
def test_what_a_trie_holds_and_what_not(
    twin: Twin, content: dict[bytes, bytes], other: bytes, data: st.DataObject
) -> None:
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[key] = value
    key = data.draw(st.sampled_from([*sorted(content), other]))
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    nodes = [node for place, node in enumerate(nodes) if place == 0 or len(node) >= 32]
    place, bit = data.draw(st.integers(0, len(nodes) - 1)), data.draw(st.integers(0, 10_000))
    proofs = [
        nodes,
        [*nodes[:place], flipped(nodes[place], bit), *nodes[place + 1 :]],
        [*nodes[:place], *nodes[place + 1 :]],
        [*nodes, rlp.encode([b"", b""])],
    ]
    if key in content:
        assert value_in(Digest(trie.root_hash), key, nodes) == content[key]
    for proof in proofs:
        for root in (trie.root_hash, digest_of(proof[0]) if proof else bytes(32)):
            mine = ours(lambda root=root, proof=proof: show_hex(value_in(Digest(root), key, proof)))  # type: ignore[misc]
            assert_alike(mine, twin("trie", root=show_hex(root), key=show_hex(key), nodes=list(map(show_hex, proof))))


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 22), st.integers(0, 20), st.none() | st.binary(max_size=7) | st.binary(min_size=20, max_size=34))
def test_what_a_header_says(twin: Twin, count: int, place: int, value: bytes | None) -> None:
    fields: list[Any] = [*HEADER, b""][:count]
    if place < count:
        fields[place] = [b""] if value is None else value
    content = rlp.encode(fields)

    def read() -> dict[str, Any]:
        header = read_header(content)
        roots = {"receipts": show_hex(header.receipts), "state": show_hex(header.state)}
        return {"number": header.number, "hash": show_hex(header.hash), "time": header.time, **roots}

    # Times and numbers of 54 bits and more are refused in JavaScript, whose numbers do not hold them.
    if place not in (8, 11) or value is None or int.from_bytes(value, "big") < 2**53:
        assert_alike(ours(read), twin("header", content=show_hex(content)))


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 5), st.integers(0, 1), st.integers(0, 3), st.integers(-1, 10_000))
def test_what_a_receipt_says(twin: Twin, kind: int, status: int, logs: int, bit: int) -> None:
    content = encode_receipt(receipt(min(kind, 4), status, logs))
    if kind == 5:
        content = bytes([kind]) + content[1:]
    if bit >= 0:
        content = flipped(content, bit)

    def read() -> list[dict[str, Any]]:
        found = logs_of(content)
        shown = [(show_hex(log.address), list(map(show_hex, log.topics)), show_hex(log.data)) for log in found]
        return [{"address": address, "topics": topics, "data": data} for address, topics, data in shown]

    assert_alike(ours(read), twin("receipt", content=show_hex(content)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8) | st.just("0x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TRUE), st.data(), json_values)
def test_whatever_stands_in_a_place_of_a_bundle(twin: Twin, file: bytes, data: st.DataObject, value: Any) -> None:
    words = orjson.loads(gzip.decompress(file))
    place: Any = words
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 3)) == 0:
            break
        place = inner
    place[key] = value
    try:
        content = gzip.compress(orjson.dumps(words))
    except TypeError:
        return  # a number that the writer can't write
    assert_no_laxer(twin, content)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TRUE), st.integers(0, 100_000), st.binary(max_size=4), st.integers(0, 4))
def test_whatever_is_written_over_a_bundle_s_json(twin: Twin, file: bytes, at: int, piece: bytes, cut: int) -> None:
    inside = gzip.decompress(file)
    at %= len(inside)
    assert_no_laxer(twin, gzip.compress(inside[:at] + piece + inside[at + cut :]))


def assert_no_laxer(twin: Twin, content: bytes) -> None:
    """What the JavaScript takes for true, Python does; what Python does, it does where it reads it at all."""
    answer = twin("bundle", content=show_hex(content), pins=pins_of(LEDGER, [POLICY]))
    try:
        block = verified(content)
    except TrothError:
        assert answer.get("refused") in ("InvalidProof", "InvalidBundle"), answer
    else:
        assert answer.get("found") == show_hex(block) or answer["refused"] == "InvalidBundle", answer


def verified(content: bytes) -> Digest:
    _, bundle = read_bundle(content)
    if isinstance(bundle, ScoreBundle):
        return verify_score(bundle, LEDGER, {POLICY.hash}).block.hash
    assert isinstance(bundle, ReceiptBundle)
    return verify_receipt(bundle, LEDGER).block.hash


SEEN = 'a\u00e9 \u200c\u200d\u0627\u0301\u3164\U0001f600"\\'
UNSEEN = "\u202e\u200b\u2066\u00ad\u00a0\u2028\ufeff\ue000\U000e0041\n\x00\u0378"
texts = st.text(st.sampled_from(SEEN), max_size=4) | st.sampled_from(["x" * 80, "\U0001f600" * 80, "x" * 81])
parts = texts | texts.map(lambda text: text + "a") | st.sampled_from(UNSEEN) | json_values
profiles = st.fixed_dictionaries(
    {"handle": st.sampled_from(["a", "a.b_c-D9", "x" * 32]) | parts, "name": parts},
    optional={
        "cohort_key": parts,
        "cohorts": st.dictionaries(st.sampled_from(["1", "12345", "123456", "x", ""]), parts, max_size=2) | parts,
        "services": st.lists(parts, max_size=2) | parts,
        "notice": parts | st.sampled_from(["x" * 400, "x" * 401]),
        "other": parts,
    },
)


def assert_profile_alike(twin: Twin, uri: str, digest: Digest) -> None:
    def ours() -> str | None:
        try:
            return read_profile(uri, digest).name
        except InvalidProfile:
            return None

    found = twin("profile", uri=uri, digest=show_hex(digest))["found"]
    assert (found and found["name"]) == ours()


@settings(max_examples=400, deadline=None)
@given(profiles)
def test_a_company_is_called_the_same_by_both(twin: Twin, words: dict[str, Any]) -> None:
    try:
        content = orjson.dumps(words)
    except TypeError:
        return  # a number that the writer can't write
    assert_profile_alike(twin, data_uri(Document(digest_of(content), content)), digest_of(content))


@pytest.mark.parametrize("count", [2000, 2001])
@pytest.mark.parametrize("what", ["services", "cohorts"])
def test_a_profile_has_as_many_names_for_both(twin: Twin, what: str, count: int) -> None:
    names = ["x"] * count if what == "services" else {str(number): "x" for number in range(count)}
    content = orjson.dumps({"handle": "a", "name": "A", what: names})
    assert_profile_alike(twin, data_uri(Document(digest_of(content), content)), digest_of(content))


PROFILE = b'{"handle":"a","name":"A"}'
PACKED = base64.b64encode(PROFILE + b" ").decode()


@pytest.mark.parametrize(
    "uri, content",
    [
        ("data:application/json," + PROFILE.decode(), PROFILE),
        ("data:application/json;charset=utf-8," + PROFILE.decode(), PROFILE),
        ("data:application/json," + quote(PROFILE), PROFILE),
        ("data:application/json," + quote('{"handle":"a","name":"é%"}'), '{"handle":"a","name":"é%"}'.encode()),
        ('data:application/json,{"handle":"a","name":"%%%zz%4"}', b'{"handle":"a","name":"%%%zz%4"}'),
        ("data:application/json," + PROFILE.decode(), b"other"),
        ("data:application/json," + "\ufeff" + PROFILE.decode(), b"\xef\xbb\xbf" + PROFILE),
        ("data:application/json;base64," + PACKED, PROFILE + b" "),
        ("data:application/json;base64," + PACKED.rstrip("="), PROFILE + b" "),
        ("data:application/json;base64," + PACKED + "=", PROFILE + b" "),
        ("data:application/json;base64," + PACKED + "\n", PROFILE + b" "),
        ("data:application/json;base64," + quote(PACKED, safe=""), PROFILE + b" "),
        ("data:application/json," + PROFILE.decode() + " " * 131_000, PROFILE + b" " * 131_000),
        ("data:application/json," + PROFILE.decode() + " " * 132_000, PROFILE + b" " * 132_000),
        ('data:application/json,{"handle":"a","name":"A","name":"B"}', b'{"handle":"a","name":"A","name":"B"}'),
        ('data:application/json,{"handle":"a","name":"\\ud800"}', b'{"handle":"a","name":"\\ud800"}'),
        ("data:application/json,[]", b"[]"),
        ("data:text/html,x", b"x"),
        ("https://example.org/profile.json", PROFILE),
        ("", b""),
    ],
)
def test_a_profile_is_found_in_the_same_uris_by_both(twin: Twin, uri: str, content: bytes) -> None:
    assert_profile_alike(twin, uri, digest_of(content))


def test_true_bundles_are_verified_by_both(twin: Twin) -> None:
    for file in TRUE:
        answer = twin("bundle", content=show_hex(file), pins=pins_of(LEDGER, [POLICY]))
        assert answer == {"found": show_hex(verified(file))}
