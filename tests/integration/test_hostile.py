"""Anybody may register and say anything: it must cost nobody else anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger.chain import contract
from ledger.chain.anvil import LocalChain, run_anvil
from ledger.documents import URI_LIMIT
from ledger.promises import Promise, promise_id
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.units import ZERO_DIGEST, Address, Digest, Timestamp, digest_of, show_address, show_hex
from tests.support.build import NOON, a_promise
from tests.support.chain import deploy, free_port
from tests.support.databases import synchronise

FAR = Timestamp(2**40 - 1)

PROFILES = {
    "honest": '{"handle":"honest","name":"Honest Ltd"}',
    "script": '{"handle":"s","name":"<script>alert(1)</script>","notice":"\\"><img src=x onerror=alert(1)>",'
    '"cohorts":{"65535":"<b>&\'\\""},"services":["</title>"],"cohort_key":"<i>"}',
    "not utf-8": "\udcff",
    "no profile": "hello",
    "control characters": '{"handle":"c","name":"a\\u0000b"}',
    "direction": '{"handle":"d","name":"\\u202Etxt.exe"}',
    "deep": "[" * 5000,
    "numbers": '{"handle":"n","name":' + "9" * 5000 + "}",
    "huge": '{"handle":"h","name":"H","x":"' + "x" * (URI_LIMIT + 1) + '"}',
    "same handle": '{"handle":"HONEST","name":"Not Honest Ltd"}',
    "surrogate": '{"handle":"u","name":"\\ud800"}',
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, Address]]]:
    home = tmp_path_factory.mktemp("hostile")
    with run_anvil(free_port(), Timestamp(NOON - 100), home / "anvil.log") as chain:
        deployment = deploy(chain, Timestamp(NOON - 90))
        accounts = chain.accounts()
        companies = dict(zip(PROFILES, accounts[1:], strict=False))
        for number, (name, company) in enumerate(companies.items()):
            content = PROFILES[name].encode("utf-8", "surrogateescape")
            uri = "data:application/json," + content.decode("utf-8", "replace").replace("%", "%25")
            # Solidity does not look whether a string is one.
            call = registration(company, content, uri).replace("\ufffd".encode(), b"\xff\xff\xff")
            send(chain, deployment.address, company, number, [call])
            send(chain, deployment.address, company, number, promises_of(company, accounts[-1]))
        chain.mine(Timestamp(NOON + 5000), [])
        database = Database(f"sqlite:///{home / 'troth.db'}")
        synchronise(chain, database, deployment)
        database.close()
    with TestClient(create_app(Settings(home=home)), raise_server_exceptions=False) as client:
        yield client, companies


def send(chain: LocalChain, ledger: Address, company: Address, number: int, calls: list[bytes]) -> None:
    chain.mine(Timestamp(chain_time(chain) + 1), [(company, ledger, contract.multicall(calls))])


def registration(company: Address, content: bytes, uri: str) -> bytes:
    return contract.register(contract.SENDER, company, digest_of(content), uri, contract.UNSIGNED)


def chain_time(chain: LocalChain) -> Timestamp:
    block = chain.block("latest")
    assert block is not None
    return block.time


def promises_of(company: Address, arbiter: Address) -> list[bytes]:
    """Every field at its limits, and enough cohorts and services to fill tables."""
    extreme = Promise(
        company=company,
        customer=Digest(b"\xff" * 32),
        terms=Digest(b"\xff" * 32),
        due_at=FAR,
        dispute_window=2**32 - 1,
        arbiter=arbiter,
        service=b"\xff" * 8,
        experience=3,
        stage=3,
        stakes=3,
        cohort=2**16 - 1,
        nonce=2**64 - 1,
    )
    due = [
        replace(a_promise(number, due_at=NOON + 1000, cohort=number * 601), company=company, arbiter=arbiter)
        for number in range(100)
    ]
    return [contract.make_all([extreme, *due]), contract.fulfil(promise_id(extreme), ZERO_DIGEST)]


def test_every_company_is_indexed_and_listed(hostile: tuple[TestClient, dict[str, Address]]) -> None:
    client, companies = hostile
    items = client.get("/api/companies").json()["items"]
    assert {item["address"] for item in items} == set(map(show_address, companies.values()))
    names = {item["address"]: item["name"] for item in items}
    for unreadable in (
        "not utf-8",
        "no profile",
        "control characters",
        "direction",
        "deep",
        "numbers",
        "huge",
        "surrogate",
    ):
        address = show_address(companies[unreadable])
        assert names[address] == address, unreadable


@pytest.mark.parametrize("name", PROFILES)
def test_every_page_picture_and_answer_of_a_company_works(
    hostile: tuple[TestClient, dict[str, Address]], name: str
) -> None:
    client, companies = hostile
    link = f"/companies/{show_address(companies[name])}"
    listed = client.get(f"/api{link}/promises", params={"limit": 500}).json()
    assert listed["total"] == 101
    first = listed["items"][0]
    assert first["due_at"] == FAR
    for path in (link, f"{link}/promises", f"/promises/{first['id']}"):
        page = client.get(path)
        assert page.status_code == 200, path
        assert "<script" not in page.text
        assert "<img src=x" not in page.text
        assert "<i>" not in page.text
    assert "after the year 9999" in client.get(f"/promises/{first['id']}").text
    badge = f"/badges/{show_address(companies[name])}.svg"
    for path in (f"{link}/by-day.svg", f"{link}/by-cohort.svg", badge):
        picture = client.get(path)
        assert picture.status_code == 200, path
        ElementTree.fromstring(picture.content)
    for path in (
        f"/api{link}",
        f"/api{link}/score",
        f"/api{link}/losses",
        f"/api{link}/days",
        f"/api/promises/{first['id']}",
    ):
        assert client.get(path).status_code == 200, path
    terms = client.get(f"/api/promises/{first['id']}").json()["promise"]
    assert (terms["nonce"], terms["cohort"], terms["due_at"]) == (str(2**64 - 1), 65535, FAR)
    score = client.get(f"/api{link}/score").json()
    assert (score["promises"]["open"], score["promises"]["broken"]) == (1, 100)


def test_the_directory_shows_no_markup_of_theirs(hostile: tuple[TestClient, dict[str, Address]]) -> None:
    page = hostile[0].get("/")
    assert page.status_code == 200
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text


def test_a_copied_handle_names_both_who_claim_it(hostile: tuple[TestClient, dict[str, Address]]) -> None:
    client, companies = hostile
    answer = client.get("/api/companies/honest")
    assert answer.status_code == 409
    for name in ("honest", "same handle"):
        assert show_address(companies[name]) in answer.json()["detail"]
        assert client.get(f"/api/companies/{show_address(companies[name])}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/companies/..%2f..%2fetc%2fpasswd",
        "/companies/%00",
        "/companies/%ff",
        "/companies/" + "x" * 5000,
        "/companies/%F0%9F%98%80",
        "/badges/.svg",
        "/badges/a/b.svg",
        "/static/..%2fapp.py",
        "/static/../app.py",
        "/promises/0x" + "g" * 64,
        "/companies/honest/promises?offset=" + "9" * 400,
    ],
)
def test_strange_paths_are_errors_and_not_failures(hostile: tuple[TestClient, dict[str, Address]], path: str) -> None:
    assert 400 <= hostile[0].get(path).status_code < 500


def test_the_schema_says_what_errors_look_like(hostile: tuple[TestClient, dict[str, Address]]) -> None:
    schema = hostile[0].get("/openapi.json").json()
    for path, operations in schema["paths"].items():
        for status in ("404", "409", "422", "503"):
            content = json.dumps(operations["get"]["responses"][status])
            assert "Problem" in content, (path, status)
    assert "HTTPValidationError" not in json.dumps(schema["paths"])


def test_the_database_holds_no_more_of_a_profile_than_is_read(
    hostile: tuple[TestClient, dict[str, Address]], tmp_path: Path
) -> None:
    client, companies = hostile
    database: Database = client.app.state.database  # type: ignore[attr-defined]  # a FastAPI app
    with database.read() as reader:
        company = reader.company(companies["huge"])
        assert company is not None
        assert company.uri == ""
        assert show_hex(company.profile) == show_hex(digest_of(PROFILES["huge"].encode()))
