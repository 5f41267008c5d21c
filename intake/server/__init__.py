"""The HTTP server: the app, its middleware, the protocol and its limits."""
