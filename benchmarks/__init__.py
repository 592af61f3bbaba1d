"""What is measured: each module is `make bench-NAME`, prints a table and writes results/NAME.json."""
