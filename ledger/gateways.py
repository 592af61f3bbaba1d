"""Other gateways, over HTTP: what they say of a company, and whom to tell that it does not hold."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from ledger.errors import GatewayFailed, InvalidSettings

TIMEOUT_S = 20
"""Of silence."""
LONGEST_S = 60
"""Of one answer, though a gateway may never fall silent."""
MOST_BYTES = 16 * 1024 * 1024
_PART = 65_536


class Gateway:
    """A gateway by its URL."""

    def __init__(self, url: str) -> None:
        if not _is_whole(url):
            raise InvalidSettings(f"{url[:80]!r} is not the URL of a gateway, such as https://example.org")
        self.url = url.rstrip("/")

    def statement(self, company: str) -> bytes:
        """The statement that it gives of a company, by its address or handle. Raises GatewayFailed."""
        return self._get(f"/api/companies/{quote(company, safe='')}/statement")

    def score(self, company: str) -> bytes:
        """The score that it shows of a company. Raises GatewayFailed."""
        return self._get(f"/api/companies/{quote(company, safe='')}/score")

    def _get(self, path: str) -> bytes:
        end = time.monotonic() + LONGEST_S
        content = b""
        try:
            # Not wherever it sends us: that may be what only we can reach.
            with requests.get(self.url + path, timeout=TIMEOUT_S, stream=True, allow_redirects=False) as answer:
                if answer.status_code != requests.codes.ok:
                    raise GatewayFailed(self.url, f"it answers {path} with the status {answer.status_code}")
                # Whatever has come, and no waiting until there is more of it.
                while part := answer.raw.read1(_PART, decode_content=True):
                    content += part
                    if len(content) > MOST_BYTES:
                        raise GatewayFailed(self.url, f"its answer to {path} has more than {MOST_BYTES:,} bytes")
                    if time.monotonic() > end:
                        raise GatewayFailed(self.url, f"it gives no whole answer to {path} within {LONGEST_S} s")
        except (requests.RequestException, HTTPError, OSError) as error:
            raise GatewayFailed(self.url, f"it does not answer ({type(error).__name__})") from error
        return content


class Webhook:
    """Who is told of what does not hold, by a URL of which all but the host is a secret."""

    def __init__(self, url: str) -> None:
        if not _is_whole(url):
            raise InvalidSettings("what was given as webhook is not a URL such as https://example.org/hook")
        self._url = url
        parts = urlsplit(url)
        self._shown = f"{parts.scheme}://{parts.hostname}/…"

    def post(self, words: dict[str, Any]) -> None:
        """Posts JSON. Raises GatewayFailed."""
        try:
            # What it answers is of no use.
            answer = requests.post(self._url, json=words, timeout=TIMEOUT_S, stream=True, allow_redirects=False)
            answer.close()
        except (requests.RequestException, OSError) as error:
            raise GatewayFailed(self._shown, f"it does not answer ({type(error).__name__})") from error
        if answer.status_code >= requests.codes.multiple_choices:
            raise GatewayFailed(self._shown, f"it answers with the status {answer.status_code}")


def _is_whole(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
