"""The desk's API for what members decide and publish together."""
