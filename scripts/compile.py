"""Compiles the ledger, and the verifiers of keys beside it, into the artifacts that are committed and deployed.

`python scripts/compile.py` writes them; with `--check` it compares instead, and exits 1 where they differ.
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
ARTIFACTS = ROOT / "ledger" / "chain" / "artifacts"
VERIFIERS = "node_modules/@openzeppelin/contracts/utils/cryptography/verifiers"
SOURCES = {
    "TrustLedger": "contracts/TrustLedger.sol",
    "ERC7913P256Verifier": f"{VERIFIERS}/ERC7913P256Verifier.sol",
    "ERC7913WebAuthnVerifier": f"{VERIFIERS}/ERC7913WebAuthnVerifier.sol",
}
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


def compile_contract(name: str) -> dict[str, Any]:
    """Compiles one of `SOURCES`. Returns its ABI, both bytecodes, and what they were compiled with."""
    source = SOURCES[name]
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {source: {"content": (ROOT / source).read_text()}},
            "settings": SETTINGS
            | {"outputSelection": {source: {name: ["abi", "evm.bytecode", "evm.deployedBytecode"]}}},
        },
        solc_binary=ensure_compiler(),
        base_path=ROOT,
        allow_paths=ROOT,
    )
    contract = output["contracts"][source][name]
    return {
        "contractName": name,
        "compiler": {"name": "solc", "version": SOLC_VERSION, "settings": SETTINGS},
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + contract["evm"]["deployedBytecode"]["object"],
    }


def main() -> None:
    """Writes the artifacts, or compares them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed artifacts instead of writing")
    check = parser.parse_args().check
    for name, source in SOURCES.items():
        path = ARTIFACTS / f"{name}.json"
        fresh = json.dumps(compile_contract(name), indent=2) + "\n"
        if not check:
            path.write_text(fresh)
            size = (len(json.loads(fresh)["deployedBytecode"]) - 2) // 2
            print(f"{path.relative_to(ROOT)}: {size} bytes of code")
        elif path.read_text() != fresh:
            sys.exit(f"{path.relative_to(ROOT)} is not what {source} compiles to. Run: python scripts/compile.py")


if __name__ == "__main__":
    main()
