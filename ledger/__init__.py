"""Troth: from the log of promises on chain to scores that anybody can recompute."""
