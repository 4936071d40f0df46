"""Grants in other people's vocabularies."""
