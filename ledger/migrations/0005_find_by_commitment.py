"""Find an entry by the beginning of its commitment, and a leaf by its hash: what a reader of the log holds. Count erasures."""

from django.db import migrations

COMMITMENT = r"""
CREATE INDEX ledger_entry_commitment ON ledger_entry
    ((substring(body FROM position('\x22636f6d6d6974223a22'::bytea IN body) + 10 FOR 12)));
CREATE INDEX ledger_leaf_hash ON ledger_leaf USING hash (leaf_hash);
CREATE INDEX ledger_entry_erasures ON ledger_entry (id) WHERE kind = 'subject.erased';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0004_erased_keys"),
    ]

    operations = [
        migrations.RunSQL(
            COMMITMENT,
            "DROP INDEX ledger_entry_commitment; DROP INDEX ledger_leaf_hash; DROP INDEX ledger_entry_erasures;",
        ),
    ]
