"""The clients that we publish."""
