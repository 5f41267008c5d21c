"""What form, desk and server share of HTTP: bodies, tokens, addresses, routing and problem answers."""
