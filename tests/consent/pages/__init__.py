"""Tests of consent.pages."""
