"""The `troth` command: arguments in, services, text out."""
