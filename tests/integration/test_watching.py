"""A watch that is stopped and started, whose webhook fails, whose node is down: it tells each thing once, and all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import orjson
import pytest

from api.app import create_app
from ledger.settings import Settings
from ledger.units import show_address
from tests.integration.test_acting import Town, made, town
from tests.integration.test_auditing import gateway, inflated, lies_on_chain, lying, unsigned, waiting, webhook
from tests.integration.test_commands import assert_refused, variables
from tests.support.chain import free_port, lying_node
from tests.support.gateway import served

__all__ = ["gateway", "town"]


@contextmanager
def watching(town: Town, home: Path, *options: str, **settings: object) -> Iterator[tuple[list[str], list[str]]]:
    """A watch that goes on. Gives what it says, and what it complains of, as that grows."""
    usual = {"home": home, "rpc_url": town.chain.url, "deployment": town.home / "deployment.json"}
    command = [sys.executable, "-m", "ledger.cli", "watch", "acme", *options]
    said: list[str] = []
    complained: list[str] = []
    with subprocess.Popen(
        command, env=variables(**(usual | settings)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        readers = [
            threading.Thread(target=into.extend, args=(stream or [],))
            for into, stream in ((said, process.stdout), (complained, process.stderr))
        ]
        for reader in readers:
            reader.start()
        try:
            yield said, complained
        finally:
            process.terminate()
            process.wait(30)
            for reader in readers:
                reader.join(10)


def test_what_was_posted_is_not_posted_again_after_a_restart(town: Town, tmp_path: Path) -> None:
    lies_on_chain(town, town.company)
    with webhook() as (hook, posted):
        first = town.troth("watch", "acme", "--once", "--webhook", hook, home=tmp_path)
        told = list(posted)
        again = town.troth("watch", "acme", "--once", "--webhook", hook, home=tmp_path)
    assert (first.returncode, again.returncode) == (1, 1)
    assert again.stdout == first.stdout, "whoever looks at the terminal sees all that there is"
    assert [each["verdict"] for each in told] == ["does not hold"]
    assert posted == told


def test_what_no_webhook_took_is_posted_by_the_next_watch(town: Town, gateway: str, tmp_path: Path) -> None:
    """Also where it does not hold true any more by then."""
    town.did("index")
    lie = True

    def change(path: str, content: bytes) -> bytes:
        return inflated(path, content) if lie else content

    with lying(gateway, change) as url:
        down = f"http://127.0.0.1:{free_port()}/SECRET"
        watch = ("watch", "acme", "--once", "--gateway", url, "--sender", "0x" + "11" * 20, "--webhook")
        failed = town.troth(*watch, down, home=tmp_path)
        assert failed.returncode == 1
        assert "webhook: http://127.0.0.1/…: it does not answer" in failed.stderr
        assert "2 left to post, which the next watch does" in failed.stderr
        assert "SECRET" not in failed.stderr
        lie = False
        with webhook() as (hook, posted):
            town.did(*watch, hook, home=tmp_path)
            assert [each["verdict"] for each in posted] == ["does not hold"] * 2 + ["holds"] * 2
            # That a gateway still tells the truth is no news.
            town.did(*watch, hook, home=tmp_path)
            assert len(posted) == 4


def test_a_webhook_that_fails_is_tried_again_and_again(town: Town, tmp_path: Path) -> None:
    lies_on_chain(town, town.company)
    with webhook(refusals=2) as (hook, posted), watching(town, tmp_path, "--webhook", hook) as (said, complained):
        assert waiting(lambda: bool(posted)), complained
        assert any("the status 503" in line and "tried again in 1 s" in line for line in complained)
        assert any("tried again in 2 s" in line for line in complained)
        wrong = [line for line in said if "does not hold" in line]
        assert waiting(lambda: len(posted) == len(wrong))


def test_a_watch_waits_for_a_node_that_is_down_at_the_start(town: Town, tmp_path: Path) -> None:
    lies_on_chain(town, town.company)
    port = free_port()

    def true(_method: str, _params: list[Any], result: Any) -> Any:
        return result

    url = f"http://127.0.0.1:{port}"
    with watching(town, tmp_path, rpc_url=url) as (said, complained):
        assert waiting(lambda: any("waiting: No Ethereum node answers" in line for line in complained)), complained
        with lying_node(town.chain.url, true, port):
            assert waiting(lambda: any("does not hold" in line for line in said)), complained
    assert_refused(town.troth("watch", "acme", "--once", rpc_url=url, home=tmp_path), 2, "No Ethereum node answers")


@pytest.mark.parametrize("method, result", [("eth_chainId", "0x5"), ("eth_getCode", "0x")])
def test_a_watch_of_another_chain_or_of_no_ledger_ends_at_once(
    town: Town, tmp_path: Path, method: str, result: str
) -> None:
    def elsewhere(asked: str, _params: list[Any], true: Any) -> Any:
        return result if asked == method else true

    with lying_node(town.chain.url, elsewhere) as url:
        assert town.troth("watch", "acme", rpc_url=url, home=tmp_path).returncode == 1


@contextmanager
def a_gateway(town: Town, home: Path) -> Iterator[str]:
    """One with an index of its own, brought up to now, and that can undo blocks."""
    town.did("index", home=home, finality=5)
    settings = Settings(
        home=home,
        rpc_url=town.chain.url,
        deployment=town.home / "deployment.json",
        finality="5",
        keystore=town.home / "customer.json",
        password_file=town.home / "password",
    )
    with served(create_app(settings)) as url:
        yield url


GIVEN = ("/api/companies/{}/statement", "/api/companies/{}/score", "/badges/{}.svg")


def what_it_gives(url: str, company: str) -> dict[str, bytes]:
    found = {}
    for path in GIVEN:
        with urlopen(url + path.format(company)) as answer:
            found[path.format(company)] = answer.read()
    return found


@pytest.mark.parametrize("event", [True, False])
def test_what_was_said_of_a_block_that_the_chain_gave_up_is_not_held_against_who_said_it(
    town: Town, gateway: str, tmp_path: Path, event: bool
) -> None:
    company = show_address(town.company.address)
    town.chain.request("evm_mine")
    state = town.chain.request("evm_snapshot")
    if event:
        made(town)
    else:
        town.chain.request("evm_mine")
    lost = town.chain.request("eth_getBlockByNumber", "latest", False)
    with a_gateway(town, tmp_path / "gateway") as url:
        given = what_it_gives(url, company)
    town.chain.request("evm_revert", state)
    town.chain.request("evm_increaseTime", 60)
    for _ in range(2):
        town.chain.request("evm_mine")
    town.did("index")

    def known(method: str, params: list[Any], result: Any) -> Any:
        return lost if method == "eth_getBlockByHash" and params[0] == lost["hash"] else result

    watch = ("watch", company, "--once", "--sender", "0x" + "11" * 20, "--gateway")
    file = tmp_path / "badge.svg"
    file.write_bytes(given[GIVEN[2].format(company)])
    with lying(gateway, lambda path, _content: given[path]) as stuck, webhook() as (hook, posted):
        watched = town.troth(*watch, stuck, "--webhook", hook, home=tmp_path / "watch")
        assert watched.returncode == 2, watched.stdout
        assert watched.stdout.count("which the chain gave up, or never had") == 2
        assert posted == []
        assert_refused(town.troth("verify", str(file)), 2, "which the chain gave up, or never had")
        with lying_node(town.chain.url, known) as node:
            watched = town.troth(*watch, stuck, "--rpc", node, home=tmp_path / "watch")
            assert watched.returncode == 2
            assert watched.stdout.count("which the chain gave up. The chain's has") == 2

    def lie(path: str, content: bytes) -> bytes:
        return unsigned(path, given[path]) if path.endswith("/statement") else given[path]

    with lying(gateway, lie) as url:
        watched = town.troth(*watch, url, home=tmp_path / "watch")
    # Where the company still has the head that is named, figures follow from it whatever became of the block.
    assert watched.returncode == (2 if event else 1), watched.stdout
    assert ("says 990000 for floor" in watched.stdout) is not event


def test_a_block_that_never_was_one_is_held_against_who_names_it(town: Town, gateway: str, tmp_path: Path) -> None:
    town.did("index")
    other = town.chain.request("eth_getBlockByNumber", "0x1", False)["hash"]

    def another(path: str, content: bytes) -> bytes:
        words = orjson.loads(content)
        if path.endswith("/statement"):
            words["block"]["hash"] = other
            words |= {"signer": None, "signature": None}
        else:
            words["as_of_hash"] = other
        return orjson.dumps(words)

    with lying(gateway, another) as url:
        watched = town.troth("watch", "acme", "--once", "--gateway", url, home=tmp_path)
    assert watched.returncode == 1
    assert watched.stdout.count(f"does not hold ({other} is the hash of block 1, not of block ") == 2


def test_a_gateway_that_stands_still_is_news_and_so_is_its_end(town: Town, tmp_path: Path) -> None:
    home = tmp_path / "gateway"
    with a_gateway(town, home) as url, webhook() as (hook, posted):
        with watching(town, tmp_path / "watch", "--gateway", url, "--webhook", hook) as (said, complained):
            assert waiting(lambda: any("it goes on, at block" in line for line in said)), complained
            # One block after two hours without any is there in time.
            town.chain.request("evm_increaseTime", 7200)
            town.chain.request("evm_mine")
            block = int(town.chain.request("eth_blockNumber"), 16)
            town.chain.request("evm_increaseTime", 7200)
            town.chain.request("evm_mine")
            assert waiting(lambda: any("stands still" in line for line in said)), complained
        [stale] = [line for line in said if "stands still" in line]
        assert f"{url}: 2 blocks and 120 min behind the chain" in stale
        assert f"the last block that it named, and the chain has, is {block - 1}; the next is of" in stale
        still = [each["verdict"] for each in posted if "min behind" in each["said"]]
        assert still == ["stands still"]
        town.did("index", home=home, finality=5)
        town.troth("watch", "acme", "--once", "--gateway", url, "--webhook", hook, home=tmp_path / "watch")
        assert posted[-1]["said"] == f"{url}: it goes on, at block {block + 1}"
        assert posted[-1]["verdict"] == "holds"


def test_a_gateway_that_makes_up_a_new_block_each_time_does_not_go_on(town: Town, gateway: str, tmp_path: Path) -> None:
    def made_up(path: str, content: bytes) -> bytes:
        words = orjson.loads(content)
        invented = "0x" + os.urandom(32).hex()
        if path.endswith("/statement"):
            words["block"]["hash"] = words["statement"]["head"] = invented
            words |= {"signer": None, "signature": None}
        else:
            words["as_of_hash"] = invented
        return orjson.dumps(words)

    town.did("index")
    with lying(gateway, made_up) as url, watching(town, tmp_path, "--gateway", url) as (said, complained):
        assert waiting(lambda: any("never had" in line for line in said)), complained
        for _ in range(2):
            town.chain.request("evm_increaseTime", 7200)
            town.chain.request("evm_mine")
        town.did("index")
        assert waiting(lambda: any("stands still" in line for line in said)), complained
