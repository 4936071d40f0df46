"""Tables and triggers of the log."""
