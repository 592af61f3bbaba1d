"""What `troth index --follow` says of its work to machines: lines of a log in JSON, metrics for Prometheus."""

from __future__ import annotations

import sys
import time
from contextlib import suppress

import structlog
from prometheus_client import Counter, Gauge, start_http_server

from ledger.errors import PortBusy
from ledger.events import Block
from ledger.indexer.notices import CaughtUp, Extended, NodeDistrusted, NodeFailed, Notice, Rewound
from ledger.store.records import Cursor

_BLOCK = Gauge("troth_index_block", "Last block indexed.")
_FINAL = Gauge("troth_index_final_block", "Last block that the chain can't give up any more.")
_LAG_BLOCKS = Gauge("troth_index_lag_blocks", "Blocks that the chain has and the index has not.")
_LAG_SECONDS = Gauge("troth_index_lag_seconds", "Seconds from the time of the last block indexed to now.")
_WAITING = Gauge("troth_index_waiting", "1 while nothing goes on, and is tried again.")
_EVENTS = Counter("troth_index_events", "Events indexed.")
_REORGANISATIONS = Counter("troth_index_reorganisations", "Times that something was undone.")
_FAILURES = Counter("troth_index_node_failures", "Requests that a node did not answer, or refused.", ["node"])
_DISTRUSTED = Counter("troth_index_node_distrusted", "Times that a node gave an answer that can't be true.", ["node"])


def serve_metrics(port: int) -> None:
    """Serves the metrics at http://127.0.0.1:PORT/metrics, in a thread. Raises PortBusy."""
    try:
        start_http_server(port, "127.0.0.1")
    except OSError as error:
        raise PortBusy("127.0.0.1", port, "TROTH_METRICS_PORT") from error


def remember(cursor: Cursor) -> None:
    """Begins the metrics with what the database has: an index started in an outage is behind from the first."""
    _BLOCK.set(cursor.block.number)
    _FINAL.set(cursor.final)
    _grow_old(cursor.block)


def measure(notice: Notice) -> None:
    """Brings the metrics up to date."""
    match notice:
        case Extended(block, target, events):
            _BLOCK.set(block.number)
            _LAG_BLOCKS.set(target - block.number)
            _grow_old(block)
            _EVENTS.inc(events)
        case CaughtUp(block, final):
            _BLOCK.set(block.number)
            _FINAL.set(final)
            _LAG_BLOCKS.set(0)
            _grow_old(block)
        case Rewound():
            _REORGANISATIONS.inc()
        case NodeFailed(url):
            _FAILURES.labels(url).inc()
        case NodeDistrusted(url):
            _DISTRUSTED.labels(url).inc()


def _grow_old(block: Block) -> None:
    """From now on the lag is this block's, at whatever time somebody looks."""
    _WAITING.set(0)
    _LAG_SECONDS.set_function(lambda: max(0.0, time.time() - block.time))


class Journal:
    """A log on standard error: in JSON, one line a notice; in words and colours where somebody looks on."""

    def __init__(self) -> None:
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(),
            ],
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
        self._log = structlog.get_logger()
        self._reached = -1

    def write(self, notice: Notice) -> None:
        """One line; none where nothing is new."""
        match notice:
            case Extended(block, target, events):
                self._say("info", "extended", block=block.number, latest=target, events=events)
            case CaughtUp(block, final) if block.number != self._reached:
                self._reached = block.number
                self._say("info", "caught up", block=block.number, final=final)
            case Rewound(before, after, why):
                self._say("warning", "rewound", before=before, after=after, why=why)
            case NodeFailed(url, why):
                self._say("warning", "node failed", node=url, why=why)
            case NodeDistrusted(url, why):
                self._say("error", "node distrusted", node=url, why=why)

    def waiting(self, why: str) -> None:
        """Nothing goes on, and will be tried again."""
        _WAITING.set(1)
        self._say("warning", "waiting", why=why)

    def _say(self, level: str, event: str, **what: object) -> None:
        # What is indexed is, whether or not its log can be written: a disk may be full, a reader gone.
        with suppress(OSError):
            getattr(self._log, level)(event, **what)
