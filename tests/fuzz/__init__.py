"""Fuzz targets, one module for each parser that reads bytes of strangers.

A target has `SEEDS`, made by our own encoders, `REFUSALS`, the exceptions by which the parser may refuse, and
`check(data)`, which raises anything else when the parser misbehaves: above all when it accepts what was spoiled.
"""

BINARY = ("cose", "receipt", "transparent", "statuslist", "tile")
TEXT = ("note", "checkpoint", "cosignature", "proof", "canonical", "entry", "submission", "bundle", "names")
NAMES = BINARY + TEXT
