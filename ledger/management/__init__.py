"""Programs of the log."""
