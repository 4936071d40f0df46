"""Tests, in the order of the tree; the stories are in tests/flows."""
