"""Pages as answers to requests."""

from __future__ import annotations

from typing import Any

from fastapi.responses import HTMLResponse

from api.templates import text_of


def render(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template."""
    return HTMLResponse(text_of(template, status=status, **values), status)
