"""Tests of the moderators' pages."""
