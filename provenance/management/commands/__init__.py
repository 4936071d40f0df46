"""Work of the staff, as commands."""
