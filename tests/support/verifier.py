"""The page that verifies, as somebody uses it in a browser."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from ledger.chain.contract import head_of
from ledger.proofs.verification import Ledger
from ledger.scoring.policy import Policy
from ledger.units import show_hex

ROOT = Path(__file__).parents[2]
BUILDER = ROOT / "scripts" / "page.mjs"
PAGE = ROOT / "api" / "static" / "verify.html"
"""As it is committed."""


def pins_of(ledger: Ledger, policies: Collection[Policy]) -> dict[str, Any]:
    """What a page takes for the ledger."""
    return {
        "contract": show_hex(ledger.contract),
        "code": show_hex(ledger.code),
        "headOf": show_hex(head_of(ledger.contract)[:4]),
        "policies": {show_hex(policy.hash): policy.name for policy in policies},
    }


def build_page(path: Path, ledger: Ledger, policies: Collection[Policy]) -> Path:
    """The page for another ledger than the published one, which accepts these policies."""
    written = path.with_suffix(".json")
    written.write_text(json.dumps(pins_of(ledger, policies)))
    subprocess.run(["node", str(BUILDER), str(path), str(written)], check=True, capture_output=True)
    return path


@dataclass(frozen=True)
class Visitor:
    """Somebody on the page."""

    page: Page

    def check(self, file: bytes | Path, nodes: Collection[str] = (), block_hash: str = "") -> tuple[str, str]:
        """The verdict on a file, and all the words below it."""
        chooser = self.page.get_by_label("A file that you were given")
        if isinstance(file, bytes):
            chooser.set_input_files({"name": "proof.json.gz", "mimeType": "application/gzip", "buffer": file})
        else:
            chooser.set_input_files(file)
        return self.verify(nodes, block_hash)

    def verify(self, nodes: Collection[str] = (), block_hash: str = "") -> tuple[str, str]:
        """The verdict on what was chosen."""
        self.page.get_by_label("Addresses of Ethereum nodes").fill("\n".join(nodes))
        if block_hash and self.page.locator("#trusted").get_attribute("open") is None:
            self.page.get_by_text("I have the block’s hash").click()
        if block_hash:
            self.page.get_by_label("The block’s hash", exact=True).fill(block_hash)
        self.page.get_by_role("button", name="Verify").click()
        verdict = self.page.locator(".verdict h2")
        verdict.wait_for()
        return verdict.inner_text(), re.sub(r"\s+", " ", self.page.locator("#result").inner_text())
