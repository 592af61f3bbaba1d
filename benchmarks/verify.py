"""What it costs to verify a company's figures, from the file to the last of them, against its block's hash.

`python_10k_s` and `chromium_10k_s`: a history of 10,000 events, by the program, and by the page in a real browser that
has just loaded it, from the click to the verdict. `python_120_ms` and `bundle_120_kb`: a history of 120 events, and its
file. Each time is the middle of several. Half of the promises are to customers, of whom there are 300; of seven, six
are fulfilled, and four confirmed. All have terms and evidence of their own, as digests that nothing compresses.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.report import report
from ledger.events import Event, Fulfilled
from ledger.proofs.bundles import ScoreBundle, encode_bundle, read_bundle
from ledger.proofs.verification import require_block, verify_score
from ledger.units import ZERO_DIGEST, Timestamp, digest_of, show_hex
from tests.support.attacks import LEDGER, POLICY, a_bundle, a_statement
from tests.support.browser import launch_chromium
from tests.support.build import DAY, NOON, History, a_customer, a_promise
from tests.support.verifier import build_page

EVENTS = 10_000
FEW = 120
CUSTOMERS = 300
SERVICES = 5
COHORTS = 4
RUNS = 7
AS_OF = Timestamp(NOON + DAY)

CLICK = """() => new Promise((resolve) => {
  const began = performance.now();
  const verdict = document.getElementById("verdict");
  new MutationObserver(() => {
    const found = verdict.querySelector("h2");
    if (found) resolve([found.textContent, performance.now() - began]);
  }).observe(verdict, { childList: true });
  document.getElementById("verify").click();
})"""


def main() -> None:
    """Measures both."""
    (many, block_hash), (few, _) = (a_file(events) for events in (EVENTS, FEW))
    report(
        "verify",
        {
            "python_10k_s": round(median(lambda: _verified(many), RUNS), 3),
            "chromium_10k_s": round(_chromium(many, block_hash), 3),
            "python_120_ms": round(1000 * median(lambda: _verified(few), 5 * RUNS), 1),
            "bundle_120_kb": round(len(few) / 1000, 1),
        },
    )


def a_history(events: int) -> list[Event]:
    """So many events of promises that came to different ends."""
    history, number = History(), 0
    history.register()
    while len(history.events) < events:
        promise = a_promise(number, NOON + number, 1 + number % COHORTS, f"service {number % SERVICES}")
        customer = a_customer(number // 2 % CUSTOMERS) if number % 2 else ZERO_DIGEST
        promise = replace(promise, customer=customer, terms=digest_of(b"terms %d" % number))
        history.make(promise)
        if number % 7:
            history.add(Fulfilled, promise, evidence=digest_of(b"evidence %d" % number))
        if number % 7 > 2:
            history.confirm(promise)
        number += 1
    return history.events[:events]


def a_file(events: int) -> tuple[bytes, str]:
    """A bundle of so many events, and the hash of its block."""
    told = a_history(events)
    bundle = a_bundle(told, a_statement(told, AS_OF), time=AS_OF + 12)
    return encode_bundle(bundle)[1], show_hex(digest_of(bundle.basis.header))


def median(measured: Callable[[], object], runs: int) -> float:
    """Seconds that something takes, in the middle of several runs."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        measured()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _verified(content: bytes) -> None:
    _, bundle = read_bundle(content)
    assert isinstance(bundle, ScoreBundle)
    require_block(verify_score(bundle, LEDGER, {POLICY.hash}), digest_of(bundle.basis.header))


def _chromium(content: bytes, block_hash: str) -> float:
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        url = build_page(Path(folder) / "verify.html", LEDGER, [POLICY]).as_uri()
        browser = launch_chromium(playwright)
        for _ in range(RUNS):
            # Somebody comes with a file once, so no run finds the code warm.
            page = browser.new_page()
            page.goto(url)
            page.set_input_files("#file", {"name": "proof.gz", "mimeType": "application/gzip", "buffer": content})
            page.evaluate("hash => { document.getElementById('hash').value = hash; }", block_hash)
            said, milliseconds = page.evaluate(CLICK)
            assert said == "Verified", said
            taken.append(milliseconds / 1000)
            page.close()
        browser.close()
    return statistics.median(taken)


if __name__ == "__main__":
    main()
