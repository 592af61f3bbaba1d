"""Fuzzers, which run for as long as one likes."""
