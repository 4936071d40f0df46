"""OAuth 2 for apps: RFC 6749 with the choices of RFC 9700, and proofs of possession (RFC 9449).

docs/design/oauth.md says why there is a small server of our own.
"""
