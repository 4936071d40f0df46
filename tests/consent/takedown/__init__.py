"""Takedowns: filing, clocks, and the other side."""
