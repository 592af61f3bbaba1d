"""An Ethereum node over JSON-RPC: raw requests, checked answers, named errors.

Logs are asked for as raw JSON: web3's own formatting costs several times what everything else does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
import requests
from eth_abi.exceptions import DecodingError
from urllib3.exceptions import HTTPError as BrokenAnswer
from urllib3.exceptions import ReadTimeoutError
from web3 import HTTPProvider
from web3._utils.http_session_manager import HTTPSessionManager
from web3.types import RPCEndpoint

from ledger.errors import InvalidInput, NodeRefused, NodeUnreachable
from ledger.events import Header
from ledger.headers import encode_header, header_hash
from ledger.units import Address, BlockNumber, Digest, Timestamp, parse_bytes, parse_digest, parse_quantity, show_hex

TIMEOUT_S = 30
"""Of silence."""
LONGEST_S = 300
"""Of one answer, though a node may never fall silent."""
MOST_BYTES = 256 * 1024 * 1024
"""Of one answer."""
BATCH = 100
"""Requests sent at once: what nodes take that take few."""
MOST_TOLD = 300
"""Characters of a node's own words."""

SHORTEST_SECRET = 8
"""Characters from which on a part of a URL may be a key."""

_STATUSES = set(HTTPStatus)
_REASONS = {
    "refused": "connection refused",
    "NameResolution": "no host has that name",
    "CERTIFICATE_VERIFY": "its certificate is not valid",
}
"""By words of what the library says."""

Request = tuple[str, list[Any]]


class Node:
    """One node, by its URL. Nothing is tried twice: that is for who has several, or time."""

    def __init__(self, url: str) -> None:
        self.url = without_secrets(url)
        """The URL as it may be shown."""
        self._secrets = secrets_of(url)
        self._provider = _Provider(url, request_kwargs={"timeout": TIMEOUT_S}, exception_retry_configuration=None)

    def request(self, method: str, *params: Any) -> Any:
        """The result of one request. Raises NodeUnreachable, NodeRefused."""
        try:
            response = self._provider.make_request(RPCEndpoint(method), list(params))
        except _BROKEN as error:
            raise NodeUnreachable(self.url, _reason(error)) from error
        except (ValueError, RecursionError) as error:
            raise NodeRefused(self.url, method, self._told(f"its answer is not JSON-RPC ({error})")) from error
        return self._result(method, response)

    def batch(self, calls: Sequence[Request]) -> list[Any]:
        """The results of several requests, sent `BATCH` at once, in their order. Raises as `request` does."""
        parts = [calls[start : start + BATCH] for start in range(0, len(calls), BATCH)]
        return [result for part in parts for result in self._together(part)]

    def _together(self, calls: Sequence[Request]) -> list[Any]:
        try:
            responses = self._provider.make_batch_request([(RPCEndpoint(method), params) for method, params in calls])
        except _BROKEN as error:
            raise NodeUnreachable(self.url, _reason(error)) from error
        except (AttributeError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise NodeRefused(self.url, "a batch", self._told(f"its answer is not JSON-RPC ({error})")) from error
        if isinstance(responses, dict) and "error" in responses:
            # Of the batch as a whole: too many at once, or none at all.
            self._result("a batch", responses)
        if not isinstance(responses, list) or len(responses) != len(calls):
            raise NodeRefused(self.url, "a batch", f"{len(calls)} requests did not get as many answers")
        return [self._result(method, response) for (method, _), response in zip(calls, responses, strict=True)]

    @cached_property
    def chain_id(self) -> int:
        """The EIP-155 id of the chain that the node serves."""
        with self.understanding("eth_chainId"):
            return parse_quantity(self.request("eth_chainId"))

    def block(self, which: BlockNumber | str) -> Header | None:
        """A block by its number or tag (latest, safe, finalized); None if the node has none such."""
        return self.blocks([which])[0]

    def blocks(self, which: Sequence[BlockNumber | str]) -> list[Header | None]:
        """Several at once, in their order."""
        method = "eth_getBlockByNumber"
        asked = [name if isinstance(name, str) else hex(name) for name in which]
        with self.understanding(method):
            answers = self.batch([(method, [name, False]) for name in asked])
            return [_header(answer, number) for answer, number in zip(answers, which, strict=True)]

    def block_of(self, hash_: Digest) -> Header | None:
        """A block by its hash, also one that the chain gave up, if the node has it still."""
        method = "eth_getBlockByHash"
        with self.understanding(method):
            found = _header(self.request(method, show_hex(hash_), False), "")
            if found is not None and found.hash != hash_:
                raise ValueError(f"block {show_hex(found.hash)} for block {show_hex(hash_)}")
            return found

    def next_time(self) -> Timestamp:
        """The time of the next block, as far as the node can tell."""
        method = "eth_getBlockByNumber"
        with self.understanding(method):
            pending, latest = self.batch([(method, ["pending", False]), (method, ["latest", False])])
            # Not every node makes one.
            return Timestamp(parse_quantity((pending or latest)["timestamp"]))

    def sealed(self, number: BlockNumber) -> tuple[bytes, list[dict[str, Any]]]:
        """A block's header in RLP, and its transactions' receipts, as the node gives them, in their order. Raises
        NodeRefused where the header is not the block's.
        """
        method = "eth_getBlockReceipts"
        with self.understanding(method):
            header, receipts = self.batch([("eth_getBlockByNumber", [hex(number), False]), (method, [hex(number)])])
            if header_hash(header) != parse_digest(header["hash"]):
                raise ValueError(f"the hash of the header of block {number} is another")
            return encode_header(header), sorted(receipts, key=lambda each: parse_quantity(each["transactionIndex"]))

    def proof(
        self, address: Address, slot: bytes, number: BlockNumber
    ) -> tuple[int, tuple[bytes, ...], tuple[bytes, ...]]:
        """What a slot of an account's storage holds after a block, and what proves the account, and the slot: nodes of
        tries, from the root down (EIP-1186).
        """
        method = "eth_getProof"
        with self.understanding(method):
            found = self.request(method, show_hex(address), [show_hex(slot)], hex(number))
            [stored] = found["storageProof"]
            account, storage = (tuple(map(parse_bytes, nodes)) for nodes in (found["accountProof"], stored["proof"]))
            return int(stored["value"], 16), account, storage

    def code(self, address: Address, block: BlockNumber | None = None) -> bytes:
        """The code of an account after a block, the latest by default; empty for one that has none."""
        with self.understanding("eth_getCode"):
            when = "latest" if block is None else hex(block)
            return parse_bytes(self.request("eth_getCode", show_hex(address), when))

    def accounts_without_code(self, addresses: Sequence[Address]) -> list[Address]:
        """Those among some accounts that have no code now: each is held by one key."""
        with self.understanding("eth_getCode"):
            codes = self.batch([("eth_getCode", [show_hex(address), "latest"]) for address in addresses])
            return [address for address, code in zip(addresses, codes, strict=True) if not parse_bytes(code)]

    def logs(
        self, address: Address, first: BlockNumber, last: BlockNumber
    ) -> tuple[Header | None, Header | None, list[dict[str, Any]]]:
        """The headers of blocks `first` and `last`, None for one that the node lacks, and the logs that a contract
        emitted from one to the other, raw, each with its `blockTimestamp`.
        """
        query = {"address": show_hex(address), "fromBlock": hex(first), "toBlock": hex(last)}
        with self.understanding("a batch"):
            one, other, logs = self.batch(
                [
                    ("eth_getBlockByNumber", [hex(first), False]),
                    ("eth_getBlockByNumber", [hex(last), False]),
                    ("eth_getLogs", [query]),
                ]
            )
            return _header(one, first), _header(other, last), self._timed(logs)

    def logs_about(
        self, address: Address, topics: list[Any], first: BlockNumber, last: BlockNumber
    ) -> list[dict[str, Any]]:
        """The logs with some topics that a contract emitted from one block to another, raw, each with its
        `blockTimestamp`.
        """
        query = {"address": show_hex(address), "topics": topics, "fromBlock": hex(first), "toBlock": hex(last)}
        return self._timed(self.request("eth_getLogs", query))

    def logs_of(self, address: Address, block: Digest) -> list[dict[str, Any]]:
        """The logs that a contract emitted in the block of a hash (EIP-234), raw, each with its `blockTimestamp`."""
        query = {"address": show_hex(address), "blockHash": show_hex(block)}
        return self._timed(self.request("eth_getLogs", query))

    def emitted(self, address: Address, block: Digest) -> bool:
        """Whether a contract emitted logs in the block of a hash, by the receipts of its transactions."""
        method, contract = "eth_getBlockReceipts", show_hex(address)
        with self.understanding(method):
            receipts = self.request(method, show_hex(block))
            return any(log["address"].lower() == contract for receipt in receipts for log in receipt["logs"])

    def _timed(self, logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        with self.understanding("eth_getLogs"):
            # Not every node gives the time with the log; the events' links prove it either way.
            untimed = sorted({log["blockNumber"] for log in logs if not log.get("blockTimestamp")})
            headers = self.batch([("eth_getBlockByNumber", [number, False]) for number in untimed])
            times = {number: header["timestamp"] for number, header in zip(untimed, headers, strict=True)}
            return [
                log if log.get("blockTimestamp") else log | {"blockTimestamp": times[log["blockNumber"]]}
                for log in logs
            ]

    @contextmanager
    def understanding(self, method: str) -> Iterator[None]:
        """Turns an answer of another shape than the method's into NodeRefused."""
        try:
            yield
        except (AttributeError, DecodingError, InvalidInput, KeyError, OverflowError, TypeError, ValueError) as error:
            raise NodeRefused(self.url, method, self._told(f"its answer can't be read ({error!r})")) from error

    def _told(self, words: str) -> str:
        """What a node says, short, and without what it repeats of its own URL: the key may be in there."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            words = words.replace(secret, "…")
        return words if len(words) <= MOST_TOLD else f"{words[:MOST_TOLD]} …"

    def _result(self, method: str, response: Any) -> Any:
        if not isinstance(response, dict) or not ("error" in response or "result" in response):
            raise NodeRefused(self.url, method, self._told(f"its answer is not JSON-RPC ({str(response)[:80]!r})"))
        if error := response.get("error"):
            said = error if isinstance(error, dict) else {"message": error}
            raise NodeRefused(self.url, method, self._told(str(said.get("message"))), said.get("data"))
        return response.get("result")


class _Provider(HTTPProvider):
    """web3's, with a reader that takes half the time."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._request_session_manager = _Sessions()

    @staticmethod
    def decode_rpc_response(raw_response: bytes) -> Any:
        return orjson.loads(raw_response)


class _Sessions(HTTPSessionManager):
    """web3's, which also ends an answer that goes on and on, and reads why where that comes with an HTTP status."""

    def make_post_request(self, endpoint_uri: Any, data: Any, **options: Any) -> bytes:
        end = time.monotonic() + LONGEST_S
        with self.get_response_from_post_request(endpoint_uri, data=data, stream=True, **options) as response:
            body = b"".join(_pieces(response, end))
            if not _explains(response.status_code, body):
                response.raise_for_status()
            return body


class _TooLong(requests.Timeout):
    pass


_BROKEN = (requests.RequestException, OSError, BrokenAnswer)


def _pieces(response: requests.Response, end: float) -> Iterator[bytes]:
    left = MOST_BYTES
    # Whatever has come, and no waiting until there is more of it.
    while piece := response.raw.read1(1 << 16, decode_content=True):
        left -= len(piece)
        if left < 0:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        if time.monotonic() > end:
            raise _TooLong
        yield piece


def _explains(status: int, body: bytes) -> bool:
    """Whether an answer is JSON-RPC's own, whatever its status: some refuse a range of blocks so. Not where the status
    says enough: too many requests, or a fault of the server.
    """
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    try:
        said = orjson.loads(body)
    except ValueError:
        return False
    first = said[0] if isinstance(said, list) and said else said
    return isinstance(first, dict) and isinstance(first.get("error"), dict)


def _header(answer: Any, asked: BlockNumber | str) -> Header | None:
    if answer is None:
        return None
    if (computed := header_hash(answer)) != parse_digest(answer["hash"]):
        # A fork of Ethereum that adds fields would be met here too.
        raise ValueError(f"the hash of its header is {show_hex(computed)}, not {answer['hash']}")
    number = BlockNumber(parse_quantity(answer["number"]))
    if not isinstance(asked, str) and number != asked:
        raise ValueError(f"block {number} for block {asked}")
    return Header(
        number,
        parse_digest(answer["hash"]),
        Timestamp(parse_quantity(answer["timestamp"])),
        parse_digest(answer["parentHash"]),
        parse_bytes(answer["logsBloom"]),
    )


def secrets_of(url: str) -> set[str]:
    """The parts of a URL that may be a key: of its path, its query, and its user's name and password."""
    parts = urlsplit(url)
    values = [value for _, value in parse_qsl(parts.query)]
    # A key may be all of the query.
    written = [*parts.path.split("/"), parts.query, *values, parts.username or "", parts.password or ""]
    return {part for each in written for part in (each, unquote(each)) if len(part) >= SHORTEST_SECRET}


def without_secrets(url: str) -> str:
    """Scheme, host and port of a URL: providers put their keys into the path, the query or the user's name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    shown = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    return shown if parts.path in ("", "/") and not parts.query else f"{shown}/…"


def _reason(error: Exception) -> str:
    if isinstance(error, _TooLong):
        return f"no whole answer within {LONGEST_S} s"
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return f"no answer within {TIMEOUT_S} s"
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        return f"HTTP status {status}: {HTTPStatus(status).phrase}" if status in _STATUSES else f"HTTP status {status}"
    if isinstance(error, BrokenAnswer):
        return "its answer broke off"
    said = str(error)
    for words, reason in _REASONS.items():
        if words in said:
            return reason
    return type(error).__name__
