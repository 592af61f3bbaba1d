"""Scores from outcomes: exact integers and fractions, no floats, no input or output."""
