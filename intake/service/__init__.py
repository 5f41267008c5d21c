"""The running service behind form and desk."""
