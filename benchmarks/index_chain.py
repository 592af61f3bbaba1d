"""Chains to index: one on a real node, and a much longer one from a server that only gives out what it was written."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_bloom.bloom import BloomFilter

from ledger.chain.anvil import LocalChain, run_anvil
from ledger.chain.contract import SENDER, UNSIGNED, artifact, fulfil_all, make_all, multicall, register
from ledger.chain.deployment import Deployment
from ledger.events import Event, Fulfilled, Log, Made, Position, Registered
from ledger.headers import FIELDS, header_hash
from ledger.links import extend, genesis
from ledger.promises import Promise, promise_id, signer_hash
from ledger.units import (
    ZERO_DIGEST,
    Address,
    BlockNumber,
    Digest,
    Timestamp,
    digest_of,
    parse_bytes,
    show_address,
    show_hex,
)
from scripts.vectors import log_of, words_of
from tests.support.build import CHAIN_ID, CONTRACT, a_profile, a_promise
from tests.support.chain import deploy, free_port

GENESIS = Timestamp(1_700_000_000)
BLOCK_TIME_S = 12
COMPANIES = 10
BLOCKS = 500
EACH = 50
"""Promises of one company in a block: it makes and fulfils them, and two companies do so in each block."""
EVENTS_PER_BLOCK = 4 * EACH
SOON_S = 60
"""From making to due: nearly all promises mature on the way, and change what scores are made of once more."""


def promises(company: Address, number: int, block_time_s: int = BLOCK_TIME_S) -> list[Promise]:
    """What a company makes in the block `number`."""
    due = GENESIS + block_time_s * (3 + number) + SOON_S
    return [replace(a_promise(number * EACH + each, due_at=due), company=company) for each in range(EACH)]


def turns(companies: list[Address], number: int) -> list[Address]:
    """The two companies whose turn a block is."""
    return [companies[(2 * number + each) % COMPANIES] for each in range(2)]


@dataclass(frozen=True)
class Real:
    """A local node with a chain on it."""

    chain: LocalChain
    deployment: Deployment
    companies: list[Address]
    record: Path
    block_time_s: int

    def mine(self, number: int) -> list[Promise]:
        """Mines the block `number` of 200 events. Gives the promises made in it."""
        made = {company: promises(company, number, self.block_time_s) for company in turns(self.companies, number)}
        calls = []
        for company, own in made.items():
            fulfilled = fulfil_all([(promise_id(promise), ZERO_DIGEST) for promise in own])
            calls.append((company, self.deployment.address, multicall([make_all(own), fulfilled])))
        self.chain.mine(Timestamp(GENESIS + self.block_time_s * (3 + number)), calls)
        return [promise for own in made.values() for promise in own]


@contextmanager
def real_chain(home: Path, blocks: int = BLOCKS, block_time_s: int = BLOCK_TIME_S) -> Iterator[Real]:
    """A node on which ten companies have made and fulfilled promises: 200 events in each of so many blocks."""
    with run_anvil(free_port(), GENESIS, home / "anvil.log") as chain:
        deployment = deploy(chain, Timestamp(GENESIS + block_time_s))
        deployment.save(home / "deployment.json")
        companies = chain.accounts()[1 : COMPANIES + 1]
        call = [
            (company, deployment.address, register(SENDER, company, a_profile().digest, "data:,", UNSIGNED))
            for company in companies
        ]
        chain.mine(Timestamp(GENESIS + 2 * block_time_s), call)
        real = Real(chain, deployment, companies, home / "deployment.json", block_time_s)
        for number in range(blocks):
            real.mine(number)
        yield real


def main() -> None:
    """Writes a chain of so many events into a folder and serves it. Arguments: folder, events. Prints the URL."""
    folder, events = Path(sys.argv[1]), int(sys.argv[2])
    written = _Written(folder / "logs")
    deployment = _write(written, events)
    deployment.save(folder / "deployment.json")
    written.serve()


class _Written:
    """Blocks that were written to a file, and a server that gives them out as a node does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._offsets: list[int] = [0]
        self._headers: list[dict[str, Any]] = []
        self._heads: list[dict[Address, Digest]] = []

    def add(self, header: dict[str, Any], logs: list[bytes], heads: dict[Address, Digest]) -> None:
        """Adds a block with its logs as JSON, and the heads after it."""
        self._headers.append(header)
        self._heads.append(heads)
        for log in logs:
            self._file.write(log + b",")
        self._offsets.append(self._file.tell())

    def serve(self) -> None:
        """Serves until it is killed."""
        self._file.close()
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                each = asked if isinstance(asked, list) else [asked]
                told = [
                    b'{"jsonrpc":"2.0","id":%d,"result":%b}' % (one["id"], answer(one["method"], one["params"]))
                    for one in each
                ]
                body = b"[" + b",".join(told) + b"]" if isinstance(asked, list) else told[0]
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()

    def _answer(self, method: str, params: list[Any]) -> bytes:
        match method:
            case "eth_chainId":
                return json.dumps(hex(CHAIN_ID)).encode()
            case "eth_getCode":
                return json.dumps(artifact()["deployedBytecode"]).encode()
            case "eth_getBlockByNumber":
                number = len(self._headers) - 1 if params[0] == "latest" else int(params[0], 16)
                return json.dumps(self._headers[number] if number < len(self._headers) else None).encode()
            case "eth_call":
                (calls,) = decode(["bytes[]"], parse_bytes(params[0]["data"])[4:])
                heads = self._heads[int(params[1], 16)]
                asked = [Address(call[-20:]) for call in calls]
                found = encode(["bytes[]"], [[heads.get(company, ZERO_DIGEST) for company in asked]])
                return json.dumps(show_hex(found)).encode()
            case "eth_getLogs":
                first, last = (int(params[0][end], 16) for end in ("fromBlock", "toBlock"))
                with self._path.open("rb") as file:
                    file.seek(self._offsets[first])
                    return b"[" + file.read(self._offsets[last + 1] - self._offsets[first]).rstrip(b",") + b"]"
        raise ValueError(method)


def _write(written: _Written, events: int) -> Deployment:
    companies = [Address(bytes([number]) * 20) for number in range(1, COMPANIES + 1)]
    heads = {company: genesis(CHAIN_ID, CONTRACT, company) for company in companies}
    parent = ZERO_DIGEST
    for number in range(2 + events // EVENTS_PER_BLOCK):
        time = Timestamp(GENESIS + BLOCK_TIME_S * number)
        happened: list[tuple[Address, type[Event], dict[str, Any]]] = []
        if number == 1:
            profile = a_profile().digest
            happened = [(company, Registered, {"profile": profile, "uri": "data:,"}) for company in companies]
        elif number > 1:
            for company in turns(companies, number):
                own = [(promise_id(promise), promise) for promise in promises(company, number)]
                happened += [(company, Made, {"id": id_, "promise": promise}) for id_, promise in own]
                happened += [(company, Fulfilled, {"id": id_, "evidence": ZERO_DIGEST}) for id_, _ in own]
        bloom = BloomFilter()
        bloom.add(bytes(CONTRACT))
        header = {name: show_hex(ZERO_DIGEST) for name in FIELDS} | {
            "parentHash": show_hex(parent),
            "miner": "0x" + "00" * 20,
            "logsBloom": show_hex(int(bloom).to_bytes(256, "big")),
            "number": hex(number),
            "timestamp": hex(time),
            "nonce": "0x" + "00" * 8,
        }
        parent = header_hash(header)
        logs = []
        for index, (company, kind, values) in enumerate(happened):
            at = Position(BlockNumber(number), index, digest_of(b"%d %d" % (number, index)), time)
            event = kind(at=at, company=company, actor=signer_hash(company), head=ZERO_DIGEST, **values)
            log = log_of(event)
            heads[company] = extend(heads[company], log)
            logs.append(_shown(replace(event, head=heads[company]), log, parent))
        written.add(header | {"hash": show_hex(parent)}, logs, dict(heads) if number else {})
    code = digest_of(parse_bytes(artifact()["deployedBytecode"]))
    return Deployment(CHAIN_ID, CONTRACT, BlockNumber(1), ZERO_DIGEST, code)


def _shown(event: Event, log: Log, block: Digest) -> bytes:
    topics, data = words_of(event)
    entry = {
        "address": show_address(CONTRACT),
        "blockHash": show_hex(block),
        "blockNumber": hex(log.block),
        "blockTimestamp": hex(log.time),
        "logIndex": hex(log.log_index),
        "transactionHash": show_hex(log.transaction),
        "transactionIndex": "0x0",
        "removed": False,
        "topics": [show_hex(topic) for topic in topics],
        "data": show_hex(data),
    }
    return json.dumps(entry, separators=(",", ":")).encode()


if __name__ == "__main__":
    main()
