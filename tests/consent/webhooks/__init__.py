"""Tests of webhooks, with receivers on the loopback."""
