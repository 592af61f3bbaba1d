"""The gateway's application."""

from __future__ import annotations

import logging
import re
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from api.errors import install_error_handlers
from api.routers import data, pages, pictures, proofs
from ledger.errors import TrothError
from ledger.services.acting import open_desk
from ledger.services.companies import Scorer
from ledger.services.proving import Prover, Stored
from ledger.services.scheduling import Schedule
from ledger.services.speaking import Speaker
from ledger.settings import Settings

_log = logging.getLogger("uvicorn.error")
"""What the server itself says, and where."""

HEADERS = {
    # Pages carry no script at all; charts and badges bring their own style within the picture.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application. Without `settings`, they are read from the environment."""
    settings = settings or Settings.read()
    app = FastAPI(
        title="Troth",
        summary="Promises, what became of them, and scores that anybody can recompute.",
        version="0.1.0",
        # The usual pages load their scripts from elsewhere; /api is ours.
        docs_url=None,
        redoc_url=None,
        lifespan=lambda app: _anchoring(app.state.schedule),
    )
    app.state.database = settings.open_database()
    app.state.scorer = scorer = Scorer(settings.load_policy())
    key = settings.open_own_key()
    app.state.speaker = Speaker(scorer, key)
    app.state.prover = prover = Prover(settings.open_node(), settings.load_deployment, scorer.policy, settings.home)
    app.state.schedule = None
    if settings.anchor_companies and key is not None:
        companies = re.split(r"[\s,]+", settings.anchor_companies.strip())
        app.state.schedule = Schedule(
            app.state.database,
            lambda: open_desk(settings.open_node(), settings.load_deployment()),
            key,
            scorer.policy,
            prover,
            companies,
            settings.anchor_hours,
            _told,
        )
    install_error_handlers(app)
    app.middleware("http")(_add_headers)
    app.include_router(data.router)
    app.include_router(proofs.router)
    app.include_router(pictures.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    return app


@asynccontextmanager
async def _anchoring(schedule: Schedule | None) -> AsyncIterator[None]:
    """While the application runs, its schedule does."""
    if schedule is None:
        yield
        return
    stopping = threading.Event()
    thread = threading.Thread(target=schedule.run, args=(stopping,), name="anchors", daemon=True)
    thread.start()
    yield
    stopping.set()


def _told(company: str, came: Stored | Exception) -> None:
    if isinstance(came, TrothError):
        _log.warning("%s could not be anchored, and is tried again: %s", company, came)
    elif isinstance(came, Exception):
        # Where it came from, and not what it says: that may hold a node's URL, and its key.
        frames = reversed(traceback.extract_tb(came.__traceback__))
        where = ", from ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        name = type(came).__name__
        _log.error("%s could not be anchored, by a fault of ours, and is tried again: %s at %s", company, name, where)
    else:
        _log.info("%s is anchored in block %d: %s", company, came.block, came.path)


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
