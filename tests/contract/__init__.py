"""The contract on a real node, through Ape."""
