"""Triggers that keep the log append-only. They are ENABLE ALWAYS, so a replication role does not pass them by."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""

ENTRY_PENDS = """
CREATE FUNCTION ledger_entry_pends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_pending (entry_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_pends AFTER INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_entry_pends();
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_entry_pends;
"""

PENDING_ENDS = """
CREATE FUNCTION ledger_pending_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_leaf WHERE entry_id = OLD.entry_id) THEN
        RAISE EXCEPTION 'entry % has no place in the log yet', OLD.entry_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER ledger_pending_ends BEFORE DELETE ON ledger_pending FOR EACH ROW EXECUTE FUNCTION ledger_pending_ends();
ALTER TABLE ledger_pending ENABLE ALWAYS TRIGGER ledger_pending_ends;
"""

LEAF_FOLLOWS = """
CREATE FUNCTION ledger_leaf_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    expected bigint;
    body bytea;
    kind text;
BEGIN
    SELECT coalesce(max(index) + 1, 0) INTO expected FROM ledger_leaf;
    IF NEW.index <> expected THEN
        RAISE EXCEPTION 'leaf % does not follow: expected %', NEW.index, expected USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT e.body, e.kind INTO body, kind FROM ledger_entry e WHERE e.id = NEW.entry_id;
    IF (NEW.index = 0) IS DISTINCT FROM (kind = 'log.opened') THEN
        RAISE EXCEPTION 'leaf 0, and no other, is log.opened' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.leaf_hash IS DISTINCT FROM sha256(decode('00', 'hex') || body) THEN
        RAISE EXCEPTION 'leaf % is not the hash of its entry', NEW.index USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_leaf_follows BEFORE INSERT ON ledger_leaf FOR EACH ROW EXECUTE FUNCTION ledger_leaf_follows();
ALTER TABLE ledger_leaf ENABLE ALWAYS TRIGGER ledger_leaf_follows;
"""

HEAD_GROWS = """
CREATE FUNCTION ledger_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    leaves bigint;
    previous bigint;
BEGIN
    SELECT coalesce(max(size), 0) INTO previous FROM ledger_head;
    SELECT coalesce(max(index) + 1, 0) INTO leaves FROM ledger_leaf;
    IF NEW.size <= previous OR NEW.size <> leaves THEN
        RAISE EXCEPTION 'head % does not grow from % to %', NEW.size, previous, leaves USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_head_grows BEFORE INSERT ON ledger_head FOR EACH ROW EXECUTE FUNCTION ledger_head_grows();
ALTER TABLE ledger_head ENABLE ALWAYS TRIGGER ledger_head_grows;
"""

UNDO = """
DROP TRIGGER ledger_entry_pends ON ledger_entry;
DROP TRIGGER ledger_pending_ends ON ledger_pending;
DROP TRIGGER ledger_leaf_follows ON ledger_leaf;
DROP TRIGGER ledger_head_grows ON ledger_head;
DROP FUNCTION ledger_entry_pends(), ledger_pending_ends(), ledger_leaf_follows(), ledger_head_grows();
"""


def _refused(table: str, acts: str) -> migrations.RunSQL:
    """Refuse the acts row by row, and TRUNCATE (which has no rows) by statement."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_rows BEFORE {acts} ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
        CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_rows;
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_whole;
        """,
        f"DROP TRIGGER {table}_rows ON {table}; DROP TRIGGER {table}_whole ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_log")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION ledger_refuse();"),
        migrations.RunSQL(ENTRY_PENDS + PENDING_ENDS + LEAF_FOLLOWS + HEAD_GROWS, UNDO),
        _refused("ledger_entry", "UPDATE OR DELETE"),
        _refused("ledger_leaf", "UPDATE OR DELETE"),
        _refused("ledger_head", "UPDATE OR DELETE"),
        _refused("ledger_pending", "UPDATE"),
    ]
