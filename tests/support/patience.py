"""How long a test waits for something that is not its claim."""

PATIENCE = 90.0
"""Seconds until a process, server, thread or browser must have begun or ended. A machine under load needs most of them."""
