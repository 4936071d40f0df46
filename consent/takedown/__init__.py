"""Takedowns: what people say about a video, what applies to it, and the other side's answer. Pages live elsewhere."""
