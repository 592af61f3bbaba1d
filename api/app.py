"""The gateway's application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from api.errors import install_error_handlers
from api.routers import data, pages, pictures, proofs
from ledger.services.companies import Scorer
from ledger.services.proving import Prover
from ledger.services.speaking import Speaker
from ledger.settings import Settings

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
    )
    app.state.database = settings.open_database()
    app.state.scorer = scorer = Scorer(settings.load_policy())
    app.state.speaker = Speaker(scorer, settings.open_own_key())
    app.state.prover = Prover(settings.open_node(), settings.load_deployment, scorer.policy, settings.home)
    install_error_handlers(app)
    app.middleware("http")(_add_headers)
    app.include_router(data.router)
    app.include_router(proofs.router)
    app.include_router(pictures.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    return app


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
