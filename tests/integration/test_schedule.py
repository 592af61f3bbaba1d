"""A gateway's schedule: each company's figures are anchored once in each period, and kept where anybody finds them."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from fastapi import FastAPI

from api.app import create_app
from ledger.chain.node import Node
from ledger.services import scheduling
from ledger.services.scheduling import Schedule
from ledger.settings import Settings
from tests.integration.test_acting import Town, made, town
from tests.integration.test_auditing import waiting
from tests.integration.test_commands import assert_refused
from tests.support.gateway import served

__all__ = ["town"]

DAY_S = 86_400


@pytest.fixture(scope="module")
def app(town: Town) -> FastAPI:
    town.did("promise", "fulfil", str(made(town)))
    town.did("index")
    return create_app(
        Settings(
            home=town.home / "troth",
            rpc_url=town.chain.url,
            deployment=town.home / "deployment.json",
            keystore=town.home / "company.json",
            password_file=town.home / "password",
            anchor_companies="acme, nobody",
        )
    )


@pytest.fixture(scope="module")
def gateway(app: FastAPI) -> Iterator[str]:
    with served(app) as url:
        yield url


def anchors(gateway: str) -> list[dict[str, Any]]:
    with urlopen(f"{gateway}/api/companies/acme/anchors") as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())
        return found


def health(gateway: str) -> list[dict[str, Any]]:
    with urlopen(f"{gateway}/api/health") as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())["anchors"]
        return found


def test_figures_are_anchored_once_in_each_period(town: Town, app: FastAPI, gateway: str, tmp_path: Path) -> None:
    assert waiting(lambda: len(anchors(gateway)) == 1)
    schedule: Schedule = app.state.schedule
    # One that nobody knows, in the same schedule, is in nobody's way.
    schedule.look()
    [first] = anchors(gateway)
    file = tmp_path / "anchored.gz"
    with urlopen(gateway + first["url"]) as answer:
        file.write_bytes(answer.read())
    said = town.did("verify", str(file))
    assert first["name"] in said
    assert "Anchored by" in said
    assert "holds" in town.did("watch", "acme", "--once")

    node = Node(town.chain.url)
    node.request("evm_increaseTime", DAY_S)
    node.request("evm_mine")
    schedule.look()
    later = anchors(gateway)
    assert [each["block"] for each in later] == sorted((each["block"] for each in later), reverse=True)
    assert later[1:] == [first]


def test_an_anchor_that_the_chain_gave_up_is_made_again(town: Town, app: FastAPI, gateway: str) -> None:
    node = Node(town.chain.url)
    town.did("index")
    node.request("evm_increaseTime", DAY_S)
    node.request("evm_mine")
    state = node.request("evm_snapshot")
    schedule: Schedule = app.state.schedule
    schedule.look()
    lost, *before = anchors(gateway)
    node.request("evm_revert", state)
    node.request("evm_mine")
    schedule.look()
    again, *rest = anchors(gateway)
    assert rest == before
    assert again != lost
    with pytest.raises(OSError, match="404"):
        urlopen(gateway + lost["url"])


def test_a_fault_of_any_kind_ends_no_schedule_and_is_seen(
    town: Town, app: FastAPI, gateway: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    schedule: Schedule = app.state.schedule
    schedule.look()
    before, nobody = health(gateway)
    [last, *_] = anchors(gateway)
    assert (before["company"], before["last_block"], before["failing_since"]) == ("acme", last["block"], None)
    assert (nobody["company"], nobody["last_block"]) == ("nobody", None)
    assert nobody["failing_since"] is not None

    tries: list[None] = []

    def failing(*_arguments: object) -> None:
        tries.append(None)
        raise RuntimeError("http://node.example.org/SECRET")

    monkeypatch.setattr(scheduling, "LOOK_S", 0.05)
    # The server's own log goes to nobody else.
    server = logging.getLogger("uvicorn.error")
    server.addHandler(caplog.handler)
    stopping = threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(schedule, "_desk", failing)
        thread = threading.Thread(target=schedule.run, args=(stopping,))
        thread.start()
        try:
            assert waiting(lambda: len(tries) > 4)
            failed, _ = health(gateway)
        finally:
            stopping.set()
            thread.join()
            server.removeHandler(caplog.handler)
    assert (failed["last_block"], failed["failing_since"] is None) == (last["block"], False)
    assert "acme could not be anchored, by a fault of ours, and is tried again: RuntimeError at test_s" in caplog.text
    assert "SECRET" not in caplog.text
    schedule.look()
    assert health(gateway)[0] == before


def test_a_bundle_that_is_not_kept_is_said_to_be_unknown(gateway: str) -> None:
    assert waiting(lambda: len(anchors(gateway)) > 0)
    for name, status in (("0x" + "ab" * 32, 404), ("0x12", 422)):
        with pytest.raises(OSError, match=str(status)):
            urlopen(f"{gateway}/bundles/{name}")


def test_a_schedule_without_a_key_is_refused_at_start(town: Town) -> None:
    refused = town.troth("serve", anchor_companies="acme", keystore="", password_file="")
    assert_refused(refused, 2, "TROTH_ANCHOR_COMPANIES needs TROTH_KEYSTORE")
