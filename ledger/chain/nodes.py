"""Several nodes of one chain: which to ask next, and which to leave alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from random import Random

from ledger.chain.node import Node
from ledger.errors import NodeRefused, NodeUnreachable

FIRST_REST_S = 0.25
LONGEST_REST_S = 30.0
MOST_DOUBLINGS = 16
DISTRUST_S = 3600.0
"""How long a node that gave false answers is not asked."""
QUIET = 16
"""How often in a row a node may have nothing new before another is asked: some two blocks' time."""


@dataclass
class _Health:
    failures: int = 0
    """In a row."""
    ready_at: float = 0.0
    busy: int = 0
    """Requests that it is at."""
    distrusted: bool = False
    quiet: int = 0
    """How often in a row it had nothing new."""


class Nodes:
    """Nodes and their health. Safe to use from several threads."""

    def __init__(
        self,
        nodes: Sequence[Node],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        # It spreads load, and guards nothing.
        random: Random = Random(),  # noqa: B008, S311
    ) -> None:
        self.all = tuple(nodes)
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._health = {id(node): _Health() for node in nodes}
        self._lock = threading.Lock()

    def next(self) -> Node:
        """The node to ask next, once one is ready. If all gave false answers, the one that did so first."""
        return self.other(()) or min(self.all, key=lambda node: self._health[id(node)].ready_at)

    def other(self, asked: Collection[Node]) -> Node | None:
        """A node that was not asked, once one is ready: the one that failed least, then one that does not seem to stand
        still, then the one that has least to do. None if there is none, or all such gave false answers.
        """
        while True:
            with self._lock:
                now = self._clock()
                others = [(self._health[id(node)], node) for node in self.all if node not in asked]
                ready = [
                    (each.failures, each.quiet // QUIET, each.busy, node)
                    for each, node in others
                    if each.ready_at <= now
                ]
                if ready:
                    node = min(ready, key=itemgetter(0, 1, 2))[3]
                    self._health[id(node)].distrusted = False
                    return node
                moments = [each.ready_at for each, _ in others if not each.distrusted]
            if not moments:
                return None
            self._sleep(max(0.0, min(moments) - now))

    @property
    def trusted(self) -> bool:
        """Whether there is a node that never gave a false answer, or not for long."""
        with self._lock:
            now = self._clock()
            return any(not health.distrusted or health.ready_at <= now for health in self._health.values())

    @contextmanager
    def asking(self, node: Node) -> Iterator[None]:
        """A request to a node: one that does not answer, or refuses to, has failed."""
        health = self._health[id(node)]
        with self._lock:
            health.busy += 1
        try:
            yield
        except (NodeUnreachable, NodeRefused):
            self.failed(node)
            raise
        else:
            with self._lock:
                health.failures = 0
        finally:
            with self._lock:
                health.busy -= 1

    def failed(self, node: Node) -> None:
        """Lets a node rest: longer each time, and not as long as others that fail at the same moment (exponential
        backoff with full jitter).
        """
        with self._lock:
            health = self._health[id(node)]
            health.failures += 1
            # Of a night's failures, the power is more than any float holds.
            most = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(health.failures, MOST_DOUBLINGS))
            rest = self._random.uniform(0, most)
            health.ready_at = self._clock() + rest

    def heard(self, node: Node, news: bool) -> None:
        """A node had something new, or had not. One that never has may stand still: it answers, and nobody is told."""
        with self._lock:
            health = self._health[id(node)]
            health.quiet = 0 if news else health.quiet + 1

    def distrust(self, node: Node) -> None:
        """A node gave an answer that can't be true: it is left alone for long."""
        with self._lock:
            health = self._health[id(node)]
            health.ready_at, health.distrusted = self._clock() + DISTRUST_S, True
