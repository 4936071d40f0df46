"""A small C2SP tlog-witness: a program of its own, which signs that a log has only ever grown, and never forgets.

It has its own key and its own state, no Django, no database, and nothing of the log's writer: of this tree it uses
only the pure formats. `python -m ledger.witness --help` says how it is run.
"""
