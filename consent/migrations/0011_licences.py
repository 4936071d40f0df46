"""Licences, and the postings of what they cost. The database itself refuses a set that does not balance."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
import uuid
from django.db import migrations, models


# Deferred to the commit, because a set and its lines are written one after the other. ENABLE ALWAYS, so that a
# replication role does not pass them by.
BALANCES = """
CREATE FUNCTION consent_posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posted uuid := CASE TG_TABLE_NAME WHEN 'consent_posting' THEN (to_jsonb(NEW)->>'posting_set_id')::uuid
        ELSE (to_jsonb(NEW)->>'id')::uuid END;
    expected integer;
    found integer;
    spoken text;
BEGIN
    SELECT size, currency INTO expected, spoken FROM consent_postingset WHERE id = posted;
    SELECT count(*) INTO found FROM consent_posting WHERE posting_set_id = posted AND currency = spoken;
    IF found < 2 OR found <> expected OR EXISTS (
        SELECT 1 FROM consent_posting WHERE posting_set_id = posted GROUP BY currency
        HAVING sum(amount) <> 0 OR currency <> spoken
    ) THEN
        RAISE EXCEPTION 'posting set % does not balance', posted USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_postingset_balances AFTER INSERT ON consent_postingset
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_posting_balances();
CREATE CONSTRAINT TRIGGER consent_posting_balances AFTER INSERT ON consent_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_posting_balances();
ALTER TABLE consent_postingset ENABLE ALWAYS TRIGGER consent_postingset_balances;
ALTER TABLE consent_posting ENABLE ALWAYS TRIGGER consent_posting_balances;
"""

APPEND_ONLY = """
CREATE FUNCTION consent_posting_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'postings are only ever added: % on %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER consent_postingset_rows BEFORE UPDATE OR DELETE ON consent_postingset
    FOR EACH ROW EXECUTE FUNCTION consent_posting_refuse();
CREATE TRIGGER consent_postingset_whole BEFORE TRUNCATE ON consent_postingset
    FOR EACH STATEMENT EXECUTE FUNCTION consent_posting_refuse();
CREATE TRIGGER consent_posting_rows BEFORE UPDATE OR DELETE ON consent_posting
    FOR EACH ROW EXECUTE FUNCTION consent_posting_refuse();
CREATE TRIGGER consent_posting_whole BEFORE TRUNCATE ON consent_posting
    FOR EACH STATEMENT EXECUTE FUNCTION consent_posting_refuse();
ALTER TABLE consent_postingset ENABLE ALWAYS TRIGGER consent_postingset_rows;
ALTER TABLE consent_postingset ENABLE ALWAYS TRIGGER consent_postingset_whole;
ALTER TABLE consent_posting ENABLE ALWAYS TRIGGER consent_posting_rows;
ALTER TABLE consent_posting ENABLE ALWAYS TRIGGER consent_posting_whole;
"""

UNDO = """
DROP FUNCTION consent_posting_balances() CASCADE;
DROP FUNCTION consent_posting_refuse() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0010_endings"),
        ("ledger", "0005_find_by_commitment"),
    ]

    operations = [
        migrations.CreateModel(
            name="LicenceOffer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("terms", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("accepted", "Accepted"), ("withdrawn", "Withdrawn")],
                        default="open",
                        max_length=9,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("expires_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="licence_offers", to="consent.grant"
                    ),
                ),
                (
                    "licensee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers_received",
                        to="consent.party",
                    ),
                ),
                (
                    "licensor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers_made", to="consent.party"
                    ),
                ),
                (
                    "likeness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="licence_offers",
                        to="consent.likeness",
                    ),
                ),
                (
                    "withdrawn_entry",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Licence",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("document", models.JSONField()),
                ("signature", models.BinaryField(help_text="64 bytes of Ed25519, or a passkey's own.", max_length=512)),
                ("exclusive", models.BooleanField()),
                ("not_before", models.DateTimeField()),
                ("not_after", models.DateTimeField()),
                ("agreed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_entry",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="licences", to="consent.grant"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="licences", to="consent.partykey"
                    ),
                ),
                (
                    "licensee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="licences_held", to="consent.party"
                    ),
                ),
                (
                    "licensor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="licences_given", to="consent.party"
                    ),
                ),
                (
                    "likeness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="licences", to="consent.likeness"
                    ),
                ),
                (
                    "offer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="licence", to="consent.licenceoffer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PostingSet",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("accrued", "Accrued"),
                            ("held", "Held"),
                            ("released", "Released"),
                            ("reversed", "Reversed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("basis", models.CharField(max_length=6)),
                ("period", models.CharField(blank=True, max_length=64)),
                ("units", models.PositiveBigIntegerField()),
                ("rate", models.DecimalField(decimal_places=6, max_digits=15)),
                ("currency", models.CharField(max_length=3)),
                ("because", models.CharField(blank=True, max_length=20)),
                ("number", models.PositiveIntegerField(default=0)),
                ("size", models.PositiveSmallIntegerField(help_text="How many lines it has: none is added later.")),
                ("at", models.DateTimeField(help_text="In whose period it counts.")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "accrual",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sequel",
                        to="consent.postingset",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="posting_sets", to="consent.grant"
                    ),
                ),
                (
                    "licence",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posting_sets",
                        to="consent.licence",
                    ),
                ),
                (
                    "permit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="posting_sets", to="consent.permit"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "account",
                    models.CharField(
                        choices=[
                            ("receivable", "Receivable"),
                            ("reversed", "Reversed"),
                            ("payable", "Payable"),
                            ("hold", "Hold"),
                        ],
                        max_length=10,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("part", models.DecimalField(blank=True, decimal_places=6, max_digits=7, null=True)),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="postings", to="consent.party"
                    ),
                ),
                (
                    "posting_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="consent.postingset"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="licenceoffer",
            index=models.Index(fields=["licensor", "-created_at", "-id"], name="offers_by_licensor"),
        ),
        migrations.AddIndex(
            model_name="licenceoffer",
            index=models.Index(fields=["licensee", "-created_at", "-id"], name="offers_to_licensee"),
        ),
        migrations.AddConstraint(
            model_name="licenceoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["open", "accepted"]), ("withdrawn_entry", None)),
                    models.Q(("state", "withdrawn"), ("withdrawn_entry__isnull", False)),
                    _connector="OR",
                ),
                name="licenceoffer_withdrawn_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="licenceoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("terms", {}), _negated=True), ("erased_at", None)),
                    models.Q(("erased_at__isnull", False), ("terms", {})),
                    _connector="OR",
                ),
                name="licenceoffer_blank_means_erased",
            ),
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(fields=["licensor", "-agreed_at", "-id"], name="licences_by_licensor"),
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(fields=["licensee", "-agreed_at", "-id"], name="licences_by_licensee"),
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(condition=models.Q(("ended_at", None)), fields=["likeness"], name="licences_live"),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(("not_after__gt", models.F("not_before"))), name="licence_has_a_term"
            ),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_entry", None)),
                    models.Q(("ended_at__isnull", False), ("ended_entry__isnull", False)),
                    _connector="OR",
                ),
                name="licence_ended_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("signature"), 512
                ),
                name="licence_signature_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(
                            models.Q(("document", {}), _negated=True), models.Q(("signature", b""), _negated=True)
                        ),
                        ("erased_at", None),
                    ),
                    models.Q(("document", {}), ("erased_at__isnull", False), ("signature", b"")),
                    _connector="OR",
                ),
                name="licence_blank_means_erased",
            ),
        ),
        migrations.AddConstraint(
            model_name="postingset",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accrual", None)),
                fields=("permit", "grant", "period"),
                name="posting_accrues_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="postingset",
            constraint=models.UniqueConstraint(fields=("accrual", "number"), name="posting_sequel_once"),
        ),
        migrations.AddConstraint(
            model_name="postingset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("accrual", None), ("because", ""), ("kind", "accrued"), ("number", 0)),
                    models.Q(
                        models.Q(("because", ""), _negated=True),
                        ("accrual__isnull", False),
                        ("kind__in", ["held", "released", "reversed"]),
                        ("number__gt", 0),
                    ),
                    _connector="OR",
                ),
                name="posting_accrual_or_sequel",
            ),
        ),
        migrations.AddConstraint(
            model_name="postingset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis", "view"), models.Q(("period", ""), _negated=True)),
                    models.Q(("basis__in", ["second", "use"]), ("period", "")),
                    _connector="OR",
                ),
                name="posting_basis_known",
            ),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["party", "currency", "posting_set"], name="postings_by_party"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.UniqueConstraint(fields=("posting_set", "account", "party"), name="posting_line_once"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(("account__in", ["receivable", "reversed", "payable", "hold"])),
                name="posting_account_known",
            ),
        ),
        migrations.RunSQL(BALANCES + APPEND_ONLY, UNDO),
    ]
