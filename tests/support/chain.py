"""A real local chain with real flights on it, and a node that lies about it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from ledger.chain.anvil import LocalChain
from ledger.chain.contract import PROXY, SALT, code_hash, created_address, init_code
from ledger.chain.deployment import Deployment
from ledger.services.replay import Cast, Replay
from ledger.sources.flights import Flight
from ledger.units import BlockNumber, Digest, Timestamp, parse_digest, show_hex

Answer = Callable[[str, list[Any], Any], Any]
"""Given a method, its parameters and the true result, what to answer."""


@dataclass(frozen=True)
class Loaded:
    """A chain with flights on it, and where everything about it is."""

    chain: LocalChain
    deployment: Deployment
    flights: list[Flight]
    cast: Cast
    replay: Replay
    home: Path
    """A settings folder: deployment record and database."""


class Refusal(str):
    """What a node says where it answers with an error."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def deploy(chain: LocalChain, when: Timestamp) -> Deployment:
    """Puts the contract on a local chain, where it is on every chain."""
    deployer = chain.accounts()[0]
    data = show_hex(SALT + init_code())
    sent = {"from": show_hex(deployer), "to": PROXY, "data": data, "gas": hex(8_000_000), "nonce": "0x0"}
    transaction = chain.request("eth_sendTransaction", sent)
    chain.request("evm_mine", {"timestamp": int(when)})
    receipt = chain.request("eth_getTransactionReceipt", transaction)
    return Deployment(
        chain_id=chain.chain_id,
        address=created_address(),
        block=BlockNumber(int(receipt["blockNumber"], 16)),
        transaction=Digest(parse_digest(transaction)),
        code_hash=code_hash(),
    )


@contextmanager
def lying_node(true_url: str, answer: Answer, port: int = 0) -> Iterator[str]:
    """A node that asks a true one, and says what `answer` makes of it, on a free port by default. Gives its URL."""

    here = build_opener(ProxyHandler({})).open

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            """A browser asks beforehand whether a page may ask."""
            self.send_response(204)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Headers", "Content-Type")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with here(Request(true_url, body, {"Content-Type": "application/json"})) as response:
                told = json.loads(response.read())
            asked = json.loads(body)
            pairs = zip(asked, told, strict=True) if isinstance(asked, list) else [(asked, told)]
            for question, reply in pairs:
                if "result" in reply:
                    said = answer(question["method"], question["params"], reply.pop("result"))
                    reply |= (
                        {"error": {"code": -32000, "message": said}} if isinstance(said, Refusal) else {"result": said}
                    )
            content = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            pass

    with serving(Handler, port) as url:
        yield url


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    """An HTTP server on a port of this machine, a free one by default. Gives its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
