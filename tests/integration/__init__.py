"""Chain, database and commands together, on a real node."""
