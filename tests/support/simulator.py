"""A chain that forks and a node that fails, from a seed: what an index has to stand.

The chain lives in this process and answers as JSON-RPC does, so all that reads a real node reads it. Between any two
requests it may grow or be reorganised; any answer may be late, refused, cut, doubled or from a node that is behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from eth_abi.abi import decode, encode
from eth_bloom.bloom import BloomFilter

from ledger.chain.contract import artifact, head_of
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node, Request
from ledger.chain.nodes import Nodes
from ledger.errors import NoDatabase, NodeRefused, NodeUnreachable
from ledger.events import (
    Accepted,
    Amended,
    Answered,
    Confirmed,
    Disputed,
    Event,
    Fulfilled,
    Made,
    Matter,
    Position,
    PromiseEvent,
    Registered,
    Remedied,
    Ruled,
    Withdrawn,
)
from ledger.headers import FIELDS as HEADER
from ledger.headers import header_hash
from ledger.links import extend, genesis
from ledger.outcomes import Status
from ledger.promises import Promise, promise_id, service_code, signer_hash
from ledger.store.database import Database
from ledger.store.writing import Writer
from ledger.units import (
    ZERO_DIGEST,
    Address,
    BlockNumber,
    Digest,
    PromiseId,
    Timestamp,
    digest_of,
    parse_bytes,
    show_address,
    show_hex,
)
from scripts.vectors import log_of, words_of
from tests.support.build import ARBITER, CHAIN_ID, CONTRACT, DAY, NOON, a_policy, a_profile

BLOCK_TIME_S = 12
COMPANIES = [Address(bytes([number]) * 20) for number in range(1, 6)]
CUSTOMERS = digest_of(b"a"), digest_of(b"b")
POLICY = a_policy(answer_s=5 * BLOCK_TIME_S, customers=sorted(map(show_hex, CUSTOMERS)))
"""One under which disputes are lost while one looks on, and what customers countersign weighs more."""

DEPLOYMENT = Deployment(
    chain_id=CHAIN_ID,
    address=CONTRACT,
    block=BlockNumber(1),
    transaction=ZERO_DIGEST,
    code_hash=digest_of(parse_bytes(artifact()["deployedBytecode"])),
)


@dataclass(frozen=True)
class World:
    """What the contract holds after a block."""

    heads: dict[Address, Digest] = field(default_factory=dict)
    promises: dict[PromiseId, tuple[Promise, Status]] = field(default_factory=dict)


@dataclass(frozen=True)
class Mined:
    """A block with its logs, as JSON, and what the contract holds after it."""

    number: int
    hash: Digest
    time: Timestamp
    logs: list[dict[str, Any]]
    world: World
    header: dict[str, Any]


class Chain:
    """The canonical chain, whose latest blocks may be given up; what is `final` may not."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._forks = 0
        self.blocks = [_mined(0, Timestamp(NOON - DAY), ZERO_DIGEST, 0, [], World())]
        self.final = 0
        self.highest = 0
        """The highest number that any block ever had."""

    def mine(self, count: int = 1) -> None:
        """Adds blocks, each with some actions."""
        for _ in range(count):
            parent = self.blocks[-1]
            number, time = parent.number + 1, Timestamp(parent.time + BLOCK_TIME_S)
            act = _Acts(self._random, number, time, parent.world)
            for _ in range(self._random.choice((0, 0, 1, 2, 5))):
                act.something()
            self.blocks.append(_mined(number, time, parent.hash, self._forks, act.logs, act.world))
            self.highest = max(self.highest, number)

    def reorganise(self) -> None:
        """Gives up some blocks above the final one, for others that may be fewer."""
        depth = self._random.randint(1, max(1, len(self.blocks) - 1 - self.final))
        if len(self.blocks) - 1 - depth < self.final:
            return
        del self.blocks[-depth:]
        self._forks += 1
        self.mine(self._random.randint(0, depth + 1))

    def finalise(self) -> None:
        """Moves finality forward."""
        self.final = self._random.randint(self.final, len(self.blocks) - 1)


def _mined(number: int, time: Timestamp, parent: Digest, fork: int, logs: list[dict[str, Any]], world: World) -> Mined:
    """A block by the header that its logs give; the fork stands in its extra data."""
    bloom = BloomFilter()
    if logs:
        bloom.add(bytes(CONTRACT))
    header = {name: show_hex(ZERO_DIGEST) for name in HEADER} | {
        "parentHash": show_hex(parent),
        "miner": "0x" + "00" * 20,
        "logsBloom": show_hex(int(bloom).to_bytes(256, "big")),
        "number": hex(number),
        "timestamp": hex(time),
        "extraData": show_hex(fork.to_bytes(8, "big")),
        "nonce": "0x" + "00" * 8,
    }
    hash_ = header_hash(header)
    for log in logs:
        log["blockHash"] = show_hex(hash_)
    return Mined(number, hash_, time, logs, world, header | {"hash": show_hex(hash_)})


class _Acts:
    """The actions of one block."""

    def __init__(self, random: Random, number: int, time: Timestamp, before: World) -> None:
        self._random = random
        self._number = number
        self._time = time
        self.world = World(dict(before.heads), dict(before.promises))
        self.logs: list[dict[str, Any]] = []

    def something(self) -> None:
        company = self._random.choice(COMPANIES)
        own = [promise for promise, _ in self.world.promises.values() if promise.company == company]
        if company not in self.world.heads or self._random.random() < 0.1:
            profile = a_profile(f"c{company[0]}-{self._random.randrange(9)}")
            self._emit(Registered, company, profile=profile.digest, uri="data:,")
        elif not own or self._random.random() < 0.4:
            self._make(self._promise(company))
        else:
            self._go_on(self._random.choice(own))

    def _go_on(self, promise: Promise) -> None:
        random, id_ = self._random, promise_id(promise)
        status = self.world.promises[id_][1]
        if status is Status.OPEN:
            match random.randrange(5):
                case 0:
                    successor = replace(self._promise(promise.company), due_at=Timestamp(promise.due_at + DAY))
                    self._about(
                        Amended, promise, Status.SUPERSEDED, successor=promise_id(successor), consented=self._flip()
                    )
                    self._make(successor)
                case 1:
                    self._about(Withdrawn, promise, Status.WITHDRAWN, reason=ZERO_DIGEST, consented=self._flip())
                case 2:
                    self._about(Accepted, promise, Status.OPEN)
                case _:
                    self._about(Fulfilled, promise, Status.FULFILLED, evidence=ZERO_DIGEST)
        elif status is Status.FULFILLED and self._flip():
            self._about(Disputed, promise, Status.DISPUTED, matter=Matter.FULFILMENT, reason=ZERO_DIGEST)
        elif status in (Status.FULFILLED, Status.REMEDIED):
            matter = Matter.FULFILMENT if status is Status.FULFILLED else Matter.REMEDY
            self._about(
                Confirmed, promise, Status.CONFIRMED, by_arbiter=True, matter=matter, rating=random.randrange(6)
            )
        elif status is Status.DISPUTED and self._flip():
            self._about(Answered, promise, Status.DISPUTED, response=ZERO_DIGEST)
        elif status is Status.DISPUTED:
            upheld = self._flip()
            self._about(
                Ruled, promise, Status.UPHELD if upheld else Status.DISMISSED, upheld=upheld, ruling=ZERO_DIGEST
            )
        elif status is Status.UPHELD:
            self._about(Remedied, promise, Status.REMEDIED, kind=0, remedy=ZERO_DIGEST)

    def _flip(self) -> bool:
        return self._random.random() < 0.5

    def _promise(self, company: Address) -> Promise:
        return Promise(
            company=company,
            customer=self._random.choice((ZERO_DIGEST, *CUSTOMERS)),
            terms=ZERO_DIGEST,
            # Some fall due while one looks on.
            due_at=Timestamp(self._time + 1 + self._random.randrange(self._random.choice((60, 600, DAY)))),
            dispute_window=DAY,
            arbiter=ARBITER,
            service=service_code(self._random.choice(("delivery", "repair"))),
            experience=0,
            stage=0,
            stakes=self._random.choice((0, 0, 3)),
            cohort=self._random.randrange(3),
            nonce=self._random.getrandbits(64),
        )

    def _make(self, promise: Promise) -> None:
        self._emit(Made, promise.company, id=promise_id(promise), promise=promise)
        self.world.promises[promise_id(promise)] = promise, Status.OPEN

    def _about(self, event: type[PromiseEvent], promise: Promise, after: Status, **fields: Any) -> None:
        self._emit(event, promise.company, id=promise_id(promise), **fields)
        self.world.promises[promise_id(promise)] = promise, after

    def _emit(self, event_type: type[Event], company: Address, **fields: Any) -> None:
        index = len(self.logs)
        transaction = digest_of(b"%d %d" % (self._number, index))
        at = Position(BlockNumber(self._number), index, transaction, self._time)
        event = event_type(at=at, company=company, actor=signer_hash(company), head=ZERO_DIGEST, **fields)
        before = self.world.heads.get(company) or genesis(CHAIN_ID, CONTRACT, company)
        event = replace(event, head=extend(before, log_of(event)))
        self.world.heads[company] = event.head
        topics, data = words_of(event)
        self.logs.append(
            {
                "address": show_address(CONTRACT),
                "blockNumber": hex(self._number),
                "blockTimestamp": hex(self._time),
                "logIndex": hex(index),
                "transactionHash": show_hex(transaction),
                "topics": [show_hex(topic) for topic in topics],
                "data": show_hex(data),
            }
        )


class FaultyNode(Node):
    """A node of the chain, which fails from a seed at the rate `faults`, and never at zero."""

    def __init__(self, chain: Chain, random: Random, faults: float) -> None:
        super().__init__("http://simulated")
        self._chain = chain
        self._random = random
        self._faults = faults

    def request(self, method: str, *params: Any) -> Any:
        return self.batch([(method, list(params))])[0]

    def batch(self, calls: Sequence[Request]) -> list[Any]:
        self._disturb()
        # All answers of a batch are of one view; a node that is behind sees less.
        behind = self._random.randint(1, 4) if self._fails() else 0
        view = self._chain.blocks[: max(1, len(self._chain.blocks) - behind)]
        return [self._answer(view, method, params) for method, params in calls]

    def _fails(self) -> bool:
        return self._random.random() < self._faults

    def _disturb(self) -> None:
        if self._faults == 0:
            return
        happens = self._random.random()
        if happens < 0.15:
            self._chain.mine(self._random.randint(1, 3))
        elif happens < 0.22:
            self._chain.reorganise()
        elif happens < 0.27:
            self._chain.finalise()
        if self._fails():
            raise NodeUnreachable(self.url, "no answer within 30 s")
        if self._fails():
            raise NodeRefused(self.url, "a batch", "429: too many requests")

    def _answer(self, view: list[Mined], method: str, params: list[Any]) -> Any:
        match method:
            case "eth_chainId":
                return hex(CHAIN_ID)
            case "eth_getCode":
                return artifact()["deployedBytecode"]
            case "eth_getBlockByNumber":
                return self._block(view, params[0])
            case "eth_getLogs":
                return self._mangled(self._found(view, params[0]))
            case "eth_getBlockReceipts":
                return [{"logs": self._found(view, {"blockHash": params[0]})}]
            case "eth_call":
                return self._heads(view, params[0]["data"], int(params[1], 16))
        raise AssertionError(f"{method} is not simulated")

    def _block(self, view: list[Mined], which: str) -> dict[str, Any] | None:
        tags = {"latest": len(view) - 1, "finalized": min(self._chain.final, len(view) - 1)}
        number = tags[which] if which in tags else int(which, 16)
        if number >= len(view) or self._fails():
            return None
        header = view[number].header
        return header | {"hash": show_hex(digest_of(b"wrong"))} if self._random.random() < self._faults / 4 else header

    def _found(self, view: list[Mined], query: dict[str, str]) -> list[dict[str, Any]]:
        if "blockHash" in query:
            for block in view:
                if show_hex(block.hash) == query["blockHash"]:
                    return list(block.logs)
            raise NodeRefused(self.url, "eth_getLogs", "unknown block")
        first, last = (int(query[end], 16) for end in ("fromBlock", "toBlock"))
        # A node that has not all of the range may give what it has.
        return [log for block in view[first : last + 1] for log in block.logs]

    def _mangled(self, logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if logs and self._fails():
            place = self._random.randrange(len(logs))
            match self._random.randrange(5):
                case 0:
                    return [*logs[:place], *logs[place + 1 :]]
                case 1:
                    return [*logs, logs[place]]
                case 2:
                    return logs[:place]
                case 3:
                    return [log | {"blockHash": show_hex(digest_of(b"wrong"))} for log in logs]
                case 4:
                    self._random.shuffle(logs)
        return logs

    def _heads(self, view: list[Mined], data: str, number: int) -> str:
        if number >= len(view):
            raise NodeRefused(self.url, "eth_call", "header not found")
        (calls,) = decode(["bytes[]"], parse_bytes(data)[4:])
        asked = [Address(call[-20:]) for call in calls]
        assert list(calls) == [head_of(company) for company in asked]
        heads = [view[number].world.heads.get(company, ZERO_DIGEST) for company in asked]
        return show_hex(encode(["bytes[]"], [heads]))


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def nodes_of(chain: Chain, random: Random, faults: Sequence[float]) -> Nodes:
    """A node for each rate of faults, with a clock of their own."""
    clock = Clock()
    return Nodes([FaultyNode(chain, random, rate) for rate in faults], lambda: clock.now, clock.sleep, random)


class Killed(BaseException):
    """The process died here."""


class MortalDatabase(Database):
    """A database that fails from a seed, or whose process dies, right before a commit or right after it."""

    def __init__(self, path: Path, random: Random, faults: float) -> None:
        super().__init__(f"sqlite:///{path}")
        self._random = random
        self._faults = faults

    @contextmanager
    def write(self) -> Iterator[Writer]:
        if self._random.random() < self._faults / 2:
            raise NoDatabase(self.url, "disk I/O error")
        with super().write() as writer:
            yield writer
            if self._random.random() < self._faults / 2:
                raise NoDatabase(self.url, "database or disk is full")
            if self._random.random() < self._faults:
                raise Killed
        if self._random.random() < self._faults:
            raise Killed
