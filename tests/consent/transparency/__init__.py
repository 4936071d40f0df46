"""Tests of consent.transparency."""
