"""What form and desk share of the web: bodies, tokens, problem answers' types."""
