"""Fuzzes what reads the files of strangers: `make fuzz-files`, which needs atheris.

Whatever is in a file, reading and verifying it ends well or by a named error, in bounded memory. Beside raw bytes, true
files are changed in one place, which gets behind gzip, JSON and RLP.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from typing import Any

import atheris
import orjson

with atheris.instrument_imports(include=["ledger", "rlp"]):
    from ledger.badge import read_badge, render_badge
    from ledger.errors import TrothError
    from ledger.proofs.blocks import logs_of, read_header
    from ledger.proofs.bundles import ReceiptBundle, encode_bundle, read_bundle
    from ledger.proofs.signed import read_signed, require_signed
    from ledger.proofs.trie import value_in
    from ledger.proofs.verification import verify_receipt, verify_score
    from ledger.receipts import read_receipt
    from ledger.units import digest_of

from tests.support.attacks import HISTORY, LEDGER, LIE, POLICY, a_bundle, a_receipt_bundle
from tests.unit.test_statements import DOMAIN, SIGNED

SCORE = gzip.decompress(encode_bundle(a_bundle(HISTORY, LIE))[1])
RECEIPT = gzip.decompress(encode_bundle(a_receipt_bundle())[1])
STATEMENT = orjson.dumps(SIGNED.words)
BADGE = render_badge("Acme", SIGNED).encode()


def verified(content: bytes) -> None:
    _, bundle = read_bundle(content)
    if isinstance(bundle, ReceiptBundle):
        verify_receipt(bundle, LEDGER)
    else:
        verify_score(bundle, LEDGER, {POLICY.hash})


def changed(content: bytes, data: Any) -> bytes:
    """JSON with one of its values replaced."""
    words = place = orjson.loads(content)
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = keys[data.ConsumeIntInRange(0, len(keys) - 1)]
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.ConsumeBool():
            break
        place = inner
    text = data.ConsumeUnicodeNoSurrogates(200)
    digits = f"0x{data.ConsumeBytes(80).hex()}"
    others: list[Any] = [text, digits, data.ConsumeInt(8), data.ConsumeFloat(), None, True, [], {}, [text]]
    place[key] = others[data.ConsumeIntInRange(0, len(others) - 1)]
    try:
        return orjson.dumps(words)
    except TypeError:
        return content


def spliced(content: bytes, data: Any) -> bytes:
    """Bytes with some of them replaced."""
    at = data.ConsumeIntInRange(0, len(content) - 1)
    put: bytes = data.ConsumeBytes(40)
    return content[:at] + put + content[at + data.ConsumeIntInRange(0, 40) :]


def proof(data: Any) -> None:
    node = data.ConsumeBytes(600)
    value_in(digest_of(node), data.ConsumeBytes(4), [node, data.ConsumeBytes(200)])


def signed(content: bytes) -> None:
    require_signed(read_signed(content), DOMAIN)


READERS: list[Callable[[Any], object]] = [
    lambda data: verified(data.ConsumeBytes(4000)),
    lambda data: verified(gzip.compress(data.ConsumeBytes(4000))),
    lambda data: verified(gzip.compress(changed(SCORE, data))),
    lambda data: verified(gzip.compress(spliced(SCORE, data))),
    lambda data: verified(gzip.compress(changed(RECEIPT, data))),
    lambda data: verified(spliced(gzip.compress(RECEIPT), data)),
    lambda data: signed(changed(STATEMENT, data)),
    lambda data: signed(data.ConsumeBytes(2000)),
    lambda data: read_badge(spliced(BADGE, data)),
    lambda data: read_receipt(changed(orjson.loads(RECEIPT)["receipt"].encode(), data).decode(), "it"),
    lambda data: read_header(data.ConsumeBytes(1000)),
    lambda data: logs_of(data.ConsumeBytes(1000) or b"\x00"),
    proof,
]


def one(content: bytes) -> None:
    data = atheris.FuzzedDataProvider(content)
    try:
        READERS[data.ConsumeIntInRange(0, len(READERS) - 1)](data)
    except TrothError:
        return


if __name__ == "__main__":
    atheris.Setup([*sys.argv, "-rss_limit_mb=700", "-max_len=4096", "-timeout=10"], one)
    atheris.Fuzz()
