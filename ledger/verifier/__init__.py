"""`countenance-verify`: check an export bundle, or a whole published log, with nothing of ours but this folder.

It shares no code with the writer on purpose: one mistake must not be made on both sides. It needs Python and
`cryptography`.
"""
