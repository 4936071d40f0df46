"""A small render service for the demo and the tests. Its own program: no Django, no database, no key of ours.

It speaks `/v1/videos`, verifies permits offline, redeems each once, and composes a real mp4 out of calibration footage
and the prompt. It is not a generative model, and says so in every frame.
"""
