"""The report of an audit: one page, whole in itself, without any script."""

from __future__ import annotations

from markupsafe import Markup

from api.charts import WIDTH, alone, by_cohort, by_day
from api.schemas import LogOut
from api.templates import STATIC, text_of
from ledger.scoring.fairness import WORDS
from ledger.services.auditing import Audit
from ledger.services.monitoring import Verdict

EXPLAINED = 100
"""How many of the promises that cost most are shown one by one."""


def report_of(audit: Audit) -> str:
    """HTML."""
    return text_of(
        "report.html",
        audit=audit,
        view=audit.view,
        # Ours, not others': they are no words of the log.
        style=Markup((STATIC / "style.css").read_text()),
        days=Markup(alone(by_day(audit.days, WIDTH), "Kept, of what fell due on each day")),
        cohorts=Markup(alone(by_cohort(audit.view, WIDTH), "Kept, by cohort")),
        losses=audit.explanation.losses[:EXPLAINED],
        rest=audit.explanation.losses[EXPLAINED:],
        events=[LogOut.of(event) for event in audit.history],
        words=WORDS,
        holds=Verdict.HOLDS,
    )
