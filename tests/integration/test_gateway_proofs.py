"""What the gateway proves of what it says: statements, bundles and the page, each checked as anybody would."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.templates import STATIC
from ledger.badge import read_badge
from ledger.links import head_in
from ledger.proofs.bundles import ScoreBundle, read_bundle
from ledger.proofs.signed import read_signed
from ledger.proofs.statements import statement_of
from ledger.proofs.verification import require_block, verify_score
from ledger.scoring.policy import Policy
from ledger.services import proving
from ledger.services.proving import ledger_of, prove_score
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.units import digest_of, show_address, show_hex
from tests.support.chain import Loaded, free_port

POLICY = Policy.named("standard")


@pytest.fixture(scope="module")
def client(loaded: Loaded) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(home=loaded.home, rpc_url=loaded.chain.url))) as client:
        yield client


def test_every_company_s_statement_is_what_its_log_alone_gives(client: TestClient, loaded: Loaded) -> None:
    """The gateway takes it from the rows that the index keeps; whoever audits computes it from the events."""
    database = Database.in_file(loaded.home / "troth.db")
    with database.read() as reader:
        cursor = reader.require_cursor()
        for company in reader.companies():
            said = read_signed(client.get(f"/api/companies/{show_address(company.address)}/statement").content)
            assert (said.number, said.hash, said.signer) == (cursor.block.number, cursor.block.hash, None)
            logs = reader.history_of(company.address)
            true = statement_of(loaded.deployment.account, logs, cursor.block.time, POLICY)
            assert said.statement == true
            badge = client.get(f"/badges/{show_address(company.address)}.svg").content
            assert read_badge(badge)[1].statement == true
    database.close()


def test_a_bundle_made_on_demand_proves_itself(client: TestClient, loaded: Loaded) -> None:
    answer = client.get("/api/companies/UA/bundle")
    name, bundle = read_bundle(answer.content)
    assert isinstance(bundle, ScoreBundle)
    proven = verify_score(bundle, ledger_of(loaded.deployment), {POLICY.hash})
    assert show_hex(name) in answer.headers["Content-Disposition"]
    latest = loaded.chain.block("latest")
    assert latest is not None
    require_block(proven, latest.hash)
    assert proven.head == head_in(bundle.logs[-1])
    # Another asks right after: the same file.
    assert client.get("/api/companies/UA/bundle").content == answer.content


def test_many_who_ask_at_once_cost_one_bundle(
    client: TestClient, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(*arguments: Any) -> ScoreBundle:
        made.append(arguments[2])
        return prove_score(*arguments)

    monkeypatch.setattr(proving, "prove_score", counted)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get("/api/companies/DL/bundle").content, range(8)))
    assert made == ["DL"]
    assert len(set(answers)) == 1


def test_a_proof_that_takes_long_keeps_nobody_else_waiting(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def slow(*arguments: Any) -> ScoreBundle:
        over.wait(30)
        return prove_score(*arguments)

    monkeypatch.setattr(proving, "prove_score", slow)
    monkeypatch.setattr(proving, "LONGEST_WAIT_S", 0.1)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(client.get, "/api/companies/B6/bundle") for _ in range(2)]
        first = next(as_completed(asked)).result()
        over.set()
    assert first.status_code == 503
    assert "has to wait for others" in first.json()["detail"]
    assert sorted(each.result().status_code for each in asked) == [200, 503]


def test_a_gateway_whose_node_is_down_says_so_and_still_states(loaded: Loaded) -> None:
    settings = Settings(home=loaded.home, rpc_url=f"http://127.0.0.1:{free_port()}")
    with TestClient(create_app(settings)) as client:
        answer = client.get("/api/companies/UA/bundle")
        assert answer.status_code == 503
        assert "No Ethereum node answers" in answer.json()["detail"]
        assert client.get("/api/companies/UA/statement").status_code == 200


def test_the_page_is_the_file_whose_hash_is_published_and_may_run_nothing_else(client: TestClient) -> None:
    answer = client.get("/verify.html")
    assert answer.status_code == 200
    published = (STATIC / "verify.html.sha256").read_text().split()
    assert published == [sha256(answer.content).hexdigest(), "verify.html"]
    assert client.get("/static/verify.html.sha256").text.split() == published
    allowed = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in allowed
    assert "default-src 'none'" in allowed
    assert re.search(r"script-src 'sha256-[^ ;]+'(;|$)", allowed)
    assert "unsafe" not in allowed
    assert not re.search(rb"<script[^>]+src=", answer.content)
    assert client.get("/static/verify.html").headers["Content-Security-Policy"] == allowed


def test_a_company_s_page_leads_to_its_proof(client: TestClient, loaded: Loaded) -> None:
    company = show_address(loaded.cast.companies["UA"])
    page = client.get("/companies/UA").text
    assert f'href="/verify.html#bundle=/api/companies/{company}/bundle"' in page
    assert client.get(f"/api/companies/{company}/bundle").status_code == 200
    assert client.get(f"/api/companies/{company}/anchors").json() == []


def test_nobody_else_s_company_has_a_proof(client: TestClient) -> None:
    for path in ("/api/companies/nobody/statement", "/api/companies/nobody/bundle", "/api/companies/nobody/anchors"):
        assert client.get(path).status_code == 404
    assert client.get(f"/bundles/{show_hex(digest_of(b''))}").status_code == 404
