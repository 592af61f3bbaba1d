"""One function for each thing that a person wants of the ledger."""
