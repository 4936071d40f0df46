"""Backends that sign."""
