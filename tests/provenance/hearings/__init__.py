"""Tests of `provenance.hearings`."""
