"""The state of grants, the sequencer's fence, and the checks of a whole batch at once instead of row by row."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

ROW_BY_ROW = import_module("ledger.migrations.0002_append_only")  # a name that begins with a digit is not imported

DROP = """
DROP TRIGGER ledger_leaf_follows ON ledger_leaf;
DROP FUNCTION ledger_leaf_follows();
DROP TRIGGER ledger_pending_ends ON ledger_pending;
DROP FUNCTION ledger_pending_ends();
"""

LEAF_FOLLOWS = """
CREATE FUNCTION ledger_leaf_follows() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    least bigint;
    most bigint;
    many bigint;
    misplaced bigint;
    wrong bigint;
BEGIN
    SELECT min(index), max(index), count(*) INTO least, most, many FROM added;
    IF many = 0 THEN
        RETURN NULL;
    END IF;
    IF least < 0 OR most - least + 1 <> many
        OR (least > 0 AND NOT EXISTS (SELECT 1 FROM ledger_leaf WHERE index = least - 1))
        OR EXISTS (SELECT 1 FROM ledger_leaf WHERE index > most) THEN
        RAISE EXCEPTION 'leaf % does not follow', least USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT min(a.index) FILTER (WHERE (a.index = 0) IS DISTINCT FROM (e.kind = 'log.opened')),
        min(a.index) FILTER (WHERE a.leaf_hash IS DISTINCT FROM sha256(decode('00', 'hex') || e.body))
        INTO misplaced, wrong FROM added a LEFT JOIN ledger_entry e ON e.id = a.entry_id;
    IF misplaced IS NOT NULL THEN
        RAISE EXCEPTION 'leaf 0, and no other, is log.opened' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'leaf % is not the hash of its entry', wrong USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_leaf_follows AFTER INSERT ON ledger_leaf REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_leaf_follows();
ALTER TABLE ledger_leaf ENABLE ALWAYS TRIGGER ledger_leaf_follows;
"""

PENDING_ENDS = """
CREATE FUNCTION ledger_pending_ends() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    lost uuid;
BEGIN
    SELECT g.entry_id INTO lost FROM gone g
        WHERE NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.entry_id = g.entry_id) LIMIT 1;
    IF lost IS NOT NULL THEN
        RAISE EXCEPTION 'entry % has no place in the log yet', lost USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_pending_ends AFTER DELETE ON ledger_pending REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_pending_ends();
ALTER TABLE ledger_pending ENABLE ALWAYS TRIGGER ledger_pending_ends;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Fence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("epoch", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="GrantState",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("commit", models.BinaryField(unique=True)),
                ("status", models.SmallIntegerField()),
                ("last_index", models.BigIntegerField()),
                ("expiry", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="StatusChunk",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("bits", models.BinaryField()),
            ],
            options={
                "verbose_name_plural": "status chunks",
            },
        ),
        migrations.AlterField(
            model_name="leaf",
            name="entry",
            field=models.OneToOneField(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AlterField(
            model_name="pending",
            name="entry",
            field=models.OneToOneField(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AlterField(
            model_name="sealed",
            name="subject_key",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.subjectkey",
            ),
        ),
        migrations.CreateModel(
            name="StateNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.SmallIntegerField()),
                ("number", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("level", "number"), name="ledger_statenode_place")],
            },
        ),
        migrations.RunSQL(
            DROP + LEAF_FOLLOWS + PENDING_ENDS,
            DROP + ROW_BY_ROW.LEAF_FOLLOWS + ROW_BY_ROW.PENDING_ENDS,
        ),
    ]
