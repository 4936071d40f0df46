"""Tests of `consent.media`."""
