"""The second reading of the specification."""
