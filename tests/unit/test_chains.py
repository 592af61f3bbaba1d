"""Test chains are named alike by the command line and by the page that verifies."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.cli.text import TEST_CHAINS, care_of

REPORT = (Path(__file__).parents[2] / "web" / "report.mjs").read_text()


def said(table: str) -> dict[int, str]:
    found = re.search(rf"const {table} = {{(.*?)}};", REPORT, re.DOTALL)
    assert found is not None
    return {int(chain): words for chain, words in re.findall(r'(\d+): "([^"]+)",', found[1])}


def test_the_page_names_the_same_test_chains_and_warns_of_them_in_the_same_words() -> None:
    names = said("CHAINS")
    assert said("TEST_CHAINS") == {chain: care for chain, (_, care) in TEST_CHAINS.items()}
    assert {chain: names[chain] for chain in TEST_CHAINS} == {chain: name for chain, (name, _) in TEST_CHAINS.items()}


def test_a_chain_that_is_no_test_s_needs_no_care() -> None:
    assert list(care_of(1)) == []
    assert list(care_of(11155111)) == [
        "With care: this is on Sepolia, a test network. What is on a test network has no weight, and may be gone one"
        " day."
    ]
