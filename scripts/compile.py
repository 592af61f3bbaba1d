"""Compiles the ledger into the artifact that is committed, deployed, and read by the gateway.

`python scripts/compile.py` writes it; with `--check` it compares instead, and exits 1 where they differ.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import solcx
from requests.exceptions import RequestException
from solcx.exceptions import DownloadError, SolcInstallationError

ROOT = Path(__file__).resolve().parent.parent
ARTIFACT = ROOT / "ledger" / "chain" / "TrustLedger.json"
SOURCE = "contracts/TrustLedger.sol"
COMPILERS = ROOT / ".solcx"
SOLC_VERSION = "0.8.37"

SETTINGS = {
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "viaIR": True,
    # Every chain that we would deploy on has Cancun's opcodes, and the same bytecode gives the same address.
    "evmVersion": "cancun",
    # Without metadata, a change of a comment changes no bytecode.
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
    "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
}


def ensure_compiler() -> Path:
    """The compiler's executable: native where it can be had, else npm's WebAssembly build behind a launcher."""
    executable = COMPILERS / f"solc-v{SOLC_VERSION}"
    if executable.exists():
        return executable
    COMPILERS.mkdir(exist_ok=True)
    try:
        solcx.install_solc(SOLC_VERSION, solcx_binary_path=COMPILERS)
    except (OSError, RequestException, DownloadError, SolcInstallationError):
        partial = executable.with_suffix(".partial")
        partial.write_text(f'#!/bin/sh\nexec node "{ROOT}/scripts/solc-wasm.mjs" "$@"\n')
        partial.chmod(0o755)
        partial.replace(executable)
    return executable


def compile_ledger() -> dict[str, Any]:
    """Compiles the contract. Returns its ABI, both bytecodes, and what they were compiled with."""
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {SOURCE: {"content": (ROOT / SOURCE).read_text()}},
            "settings": SETTINGS
            | {"outputSelection": {SOURCE: {"TrustLedger": ["abi", "evm.bytecode", "evm.deployedBytecode"]}}},
        },
        solc_binary=ensure_compiler(),
        base_path=ROOT,
        allow_paths=ROOT,
    )
    contract = output["contracts"][SOURCE]["TrustLedger"]
    return {
        "contractName": "TrustLedger",
        "compiler": {"name": "solc", "version": SOLC_VERSION, "settings": SETTINGS},
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + contract["evm"]["deployedBytecode"]["object"],
    }


def main() -> None:
    """Writes the artifact, or compares it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed artifact instead of writing")
    check = parser.parse_args().check
    fresh = json.dumps(compile_ledger(), indent=2) + "\n"
    if not check:
        ARTIFACT.write_text(fresh)
        print(f"{ARTIFACT.relative_to(ROOT)}: {(len(json.loads(fresh)['deployedBytecode']) - 2) // 2} bytes of code")
    elif ARTIFACT.read_text() != fresh:
        sys.exit(f"{ARTIFACT.relative_to(ROOT)} is not what {SOURCE} compiles to. Run: python scripts/compile.py")


if __name__ == "__main__":
    main()
