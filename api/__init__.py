"""The gateway: pages, API and badges over the ledger."""
