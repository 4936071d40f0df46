"""The stories, told against a running house."""
