"""Other gateways and webhooks may be anything: they cost a bounded time, lead nowhere else, and learn no secret."""

import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from ledger import gateways
from ledger.errors import GatewayFailed, InvalidSettings
from ledger.gateways import Gateway, Webhook
from tests.support.chain import free_port, serving


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_args: Any) -> None:
        pass


def test_a_gateway_that_never_ends_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            end = time.monotonic() + 20
            while time.monotonic() < end:
                try:
                    self.wfile.write(b" ")
                except OSError:
                    return
                time.sleep(0.05)

    monkeypatch.setattr(gateways, "LONGEST_S", 1)
    start = time.monotonic()
    with serving(Endless) as url, pytest.raises(GatewayFailed, match="no whole answer"):
        Gateway(url).score("acme")
    assert time.monotonic() - start < 10


def test_a_gateway_that_gives_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Large(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(200_000))

    monkeypatch.setattr(gateways, "MOST_BYTES", 100_000)
    with serving(Large) as url, pytest.raises(GatewayFailed, match="more than 100,000 bytes"):
        Gateway(url).statement("acme")


def test_nobody_is_followed_to_where_only_we_may_go() -> None:
    asked: list[str] = []

    class Elsewhere(Quiet):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/internal")
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

    with serving(Elsewhere) as url:
        with pytest.raises(GatewayFailed, match="with the status 302"):
            Gateway(url).score("acme")
        with pytest.raises(GatewayFailed, match="with the status 302"):
            Webhook(f"{url}/hook").post({})
    assert asked == ["/api/companies/acme/score", "/hook"]


def test_a_webhook_s_secret_is_in_no_error() -> None:
    with pytest.raises(InvalidSettings) as wrong:
        Webhook("hooks.example.org/SECRET")
    with pytest.raises(GatewayFailed) as down:
        Webhook(f"http://127.0.0.1:{free_port()}/SECRET").post({})
    assert "SECRET" not in f"{wrong.value} {down.value}"
