"""A stranger's program (tests/stranger), which follows the documents alone, verifies bundles and refuses attacks."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785

from ledger.proofs.bundles import ReceiptBundle, ScoreBundle, encode_bundle
from ledger.proofs.verification import Ledger
from ledger.units import Digest, digest_of, show_hex
from tests.support.attacks import (
    ATTACKS,
    BY_ARBITER,
    COUNTERSIGNED,
    HISTORY,
    KNOWN,
    LEDGER,
    LIE,
    POLICY,
    RECEIPT_ATTACKS,
    UNREADABLE,
    a_bundle,
    a_receipt_bundle,
    held,
)

PROGRAM = Path(__file__).parents[1] / "stranger" / "verify.mjs"
VERIFIED, REFUSED, NOT_CHECKED = range(3)


@pytest.fixture
def verify(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Asks the stranger about a file; gives its exit code, and what it said."""
    accepted = tmp_path / "policy.json"
    accepted.write_text(POLICY.model_dump_json())

    def ask(
        content: bytes, block_hash: Digest, policy: Path | None = accepted, ledger: Ledger = LEDGER
    ) -> tuple[int, str]:
        file = tmp_path / "bundle.json.gz"
        file.write_bytes(content)
        named = {"ledger": ledger.account, "code": show_hex(ledger.code), "block-hash": show_hex(block_hash)}
        options = [f"--{name}={value}" for name, value in (named | ({"policy": str(policy)} if policy else {})).items()]
        done = subprocess.run(["node", str(PROGRAM), str(file), *options], capture_output=True, text=True)
        assert done.stderr == ""
        return done.returncode, done.stdout

    return ask


def block_of(bundle: ScoreBundle | ReceiptBundle) -> Digest:
    return digest_of((bundle.basis if isinstance(bundle, ScoreBundle) else bundle.state).header)


TRUE: dict[str, ScoreBundle | ReceiptBundle] = {
    "a score that is anchored": a_bundle(HISTORY, LIE),
    "a score by the contract's own head": replace(a_bundle(HISTORY, LIE), basis=held(LIE.head)),
    "a receipt of a promise to the public": a_receipt_bundle(),
    "a receipt of a promise to a customer": a_receipt_bundle(flags=COUNTERSIGNED | BY_ARBITER, receipt=KNOWN),
}


@pytest.mark.parametrize("what", TRUE)
def test_a_true_bundle_is_verified_from_the_documents_alone(what: str, verify: Callable[..., tuple[int, str]]) -> None:
    bundle = TRUE[what]
    code, said = verify(encode_bundle(bundle)[1], block_of(bundle))
    assert code == VERIFIED, said
    assert ("recomputed to the last bit" in said) == isinstance(bundle, ScoreBundle)


@pytest.mark.parametrize("attack", [*ATTACKS, *RECEIPT_ATTACKS])
def test_an_attack_is_refused_by_a_stranger_too(attack: str, verify: Callable[..., tuple[int, str]]) -> None:
    bundle: ScoreBundle | ReceiptBundle = ATTACKS[attack][0]() if attack in ATTACKS else RECEIPT_ATTACKS[attack][0]()
    code, said = verify(encode_bundle(bundle)[1], block_of(bundle))
    assert code == REFUSED, said


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_is_no_bundle_is_none_to_a_stranger(what: str, verify: Callable[..., tuple[int, str]]) -> None:
    code, said = verify(UNREADABLE[what][0], block_of(TRUE["a score that is anchored"]))
    assert code == REFUSED, said


def test_what_a_stranger_can_t_check_it_does_not_call_false(verify: Callable[..., tuple[int, str]]) -> None:
    bundle = TRUE["a score that is anchored"]
    content = encode_bundle(bundle)[1]
    assert verify(content, block_of(bundle), policy=None)[0] == NOT_CHECKED
    assert verify(content, block_of(bundle), policy=Path("nowhere.json"))[0] == NOT_CHECKED
    assert verify(content, digest_of(b"another block"))[0] == REFUSED


def test_what_a_stranger_can_t_compute_it_says(verify: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    other = POLICY.model_dump() | {"version": 3}
    said = replace(LIE, policy=digest_of(rfc8785.dumps(other)))
    bundle = replace(a_bundle(HISTORY, said), policy=other)
    accepted = tmp_path / "other.json"
    accepted.write_bytes(rfc8785.dumps(other))
    code, words = verify(encode_bundle(bundle)[1], block_of(bundle), policy=accepted)
    assert code == NOT_CHECKED
    assert "not recomputed: all else holds" in words
