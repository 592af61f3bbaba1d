"""Real histories, read as promises."""
