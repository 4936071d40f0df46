"""Work of the staff on videos, from a shell."""
