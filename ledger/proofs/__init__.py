"""What can be checked from one block hash: that a log is in a block, and that a score follows from a log."""
