"""What members decide and publish together."""
