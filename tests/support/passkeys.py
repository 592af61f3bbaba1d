"""Passkeys on the ledger: their verifier, their signers, and browsers' assertions as the verifier takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import solcx
from eth_abi.abi import encode

from ledger.units import Address
from scripts.compile import ROOT, SETTINGS, ensure_compiler

VERIFIER = "ERC7913WebAuthnVerifier"
SOURCE = Path("node_modules/@openzeppelin/contracts/utils/cryptography/verifiers") / f"{VERIFIER}.sol"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group on the curve P-256."""


def verifier_code() -> str:
    """The code that deploys OpenZeppelin's verifier of passkeys, compiled as the ledger is; in hexadecimal with 0x."""
    name = SOURCE.as_posix()
    output: dict[str, Any] = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {name: {"content": (ROOT / SOURCE).read_text()}},
            "settings": SETTINGS | {"outputSelection": {name: {VERIFIER: ["evm.bytecode"]}}},
        },
        solc_binary=ensure_compiler(),
        base_path=ROOT,
        allow_paths=ROOT,
    )
    return "0x" + str(output["contracts"][name][VERIFIER]["evm"]["bytecode"]["object"])


def signer_of(verifier: Address, public_key: bytes) -> bytes:
    """The ERC-7913 signer of a passkey, given its public key as browsers give it: SPKI, which ends with x and y."""
    return verifier + public_key[-64:]


def encode_assertion(authenticator_data: bytes, client_data: bytes, signature: bytes) -> bytes:
    """An assertion as OpenZeppelin's verifier takes it: `WebAuthn.WebAuthnAuth`, without the offset of a tuple."""
    r, s = _numbers(signature)
    return encode(
        ["bytes32", "bytes32", "uint256", "uint256", "bytes", "string"],
        [
            r.to_bytes(32, "big"),
            # The verifier takes the lower of the two values that are valid.
            min(s, ORDER - s).to_bytes(32, "big"),
            client_data.index(b'"challenge":"'),
            client_data.index(b'"type":"webauthn.get"'),
            authenticator_data,
            client_data.decode(),
        ],
    )


def _numbers(signature: bytes) -> tuple[int, int]:
    """r and s of a signature in DER: a sequence of two integers, each shorter than 128 bytes."""
    numbers, rest = [], signature[2:]
    assert signature[:2] == bytes([0x30, len(rest)])
    while rest:
        assert rest[0] == 0x02
        length = rest[1]
        numbers.append(int.from_bytes(rest[2 : 2 + length], "big"))
        rest = rest[2 + length :]
    r, s = numbers
    return r, s
