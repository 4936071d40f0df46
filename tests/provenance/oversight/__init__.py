"""Tests of `provenance.oversight`."""
