"""A small time-stamping authority (RFC 3161) for development: a program of its own, which production refuses.

It has its own key under its own root, no Django, no database, and nothing of ours but how a file is written. Its clock
is this machine's, its key lies in a file: its word is worth what the machine's is. `python -m provenance.tsa --help`
says how it is run; `docs/design/time.md` why there is one.
"""
