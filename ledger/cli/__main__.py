"""`python -m ledger.cli` is `troth`."""

from ledger.cli.main import run

run()
