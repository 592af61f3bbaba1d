"""A watch that is stopped and started, whose webhook fails, whose node is down: it tells each thing once, and all."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_acting import Town, town
from tests.integration.test_auditing import gateway, inflated, lies_on_chain, lying, waiting, webhook
from tests.integration.test_commands import assert_refused, variables
from tests.support.chain import free_port, lying_node

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
