"""Tests of what moderators' queues have in common."""
