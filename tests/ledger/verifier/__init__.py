"""The stranger's side."""
