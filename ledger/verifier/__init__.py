"""`countenance-verify` and `countenance-monitor`: what strangers need to check our log, and nothing else of ours.

It shares no code with the writer on purpose: one mistake must not be made on both sides. It needs Python,
`cryptography` and `cbor2`.
"""
