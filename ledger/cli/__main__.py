"""The start of the program, `troth` or `python -m ledger.cli`: what is to be so before the rest of it is loaded."""

from __future__ import annotations

import gc

COLLECT_AFTER = (500_000, 20, 50)
"""For `gc.set_threshold`. What is loaded and computed here has very many objects and no cycles to speak of: to look
through them as often as Python does by default takes a quarter of the time."""


def start() -> None:
    """The program's entry."""
    gc.set_threshold(*COLLECT_AFTER)
    from ledger.cli.main import run

    run()


if __name__ == "__main__":
    start()
