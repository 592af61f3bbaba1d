"""Other gateways, over HTTP: what they say of a company, and whom to tell that it does not hold."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import requests

from ledger.errors import GatewayFailed, InvalidSettings

TIMEOUT_S = 20
MOST_BYTES = 16 * 1024 * 1024
_PART = 65_536


class Gateway:
    """A gateway by its URL."""

    def __init__(self, url: str) -> None:
        self.url = _sound(url)

    def statement(self, company: str) -> bytes:
        """The statement that it gives of a company, by its address or handle. Raises GatewayFailed."""
        return self._get(f"/api/companies/{quote(company, safe='')}/statement")

    def score(self, company: str) -> bytes:
        """The score that it shows of a company. Raises GatewayFailed."""
        return self._get(f"/api/companies/{quote(company, safe='')}/score")

    def _get(self, path: str) -> bytes:
        try:
            with requests.get(self.url + path, timeout=TIMEOUT_S, stream=True) as answer:
                if answer.status_code != requests.codes.ok:
                    raise GatewayFailed(self.url, f"it answers {path} with the status {answer.status_code}")
                content = b""
                for part in answer.iter_content(_PART):
                    content += part
                    if len(content) > MOST_BYTES:
                        raise GatewayFailed(self.url, f"its answer to {path} has more than {MOST_BYTES:,} bytes")
                return content
        except (requests.RequestException, OSError) as error:
            raise GatewayFailed(self.url, f"it does not answer ({type(error).__name__})") from error


def report(url: str, words: dict[str, Any]) -> None:
    """Posts JSON to a webhook. Raises GatewayFailed."""
    shown = _host(url)
    try:
        answer = requests.post(url, json=words, timeout=TIMEOUT_S)
    except (requests.RequestException, OSError) as error:
        raise GatewayFailed(shown, f"it does not answer ({type(error).__name__})") from error
    if not answer.ok:
        raise GatewayFailed(shown, f"it answers with the status {answer.status_code}")


def _sound(url: str) -> str:
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise InvalidSettings(f"{url[:80]!r} is not the URL of a gateway, such as https://example.org")
    return url.rstrip("/")


def _host(url: str) -> str:
    """What may be shown of a webhook's URL: the rest is its secret."""
    parts = urlsplit(_sound(url))
    return f"{parts.scheme}://{parts.hostname}/…"
