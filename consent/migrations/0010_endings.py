"""One party shut out, permission that rests, revocation by two people, and what was done since a moment undone."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from typing import ClassVar
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("consent", "0009_register"),
        ("ledger", "0005_find_by_commitment"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RevocationProposal",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("reason", models.CharField(help_text="A code of consent.revocation_reasons.", max_length=32)),
                ("proposed_by", models.CharField(max_length=64)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("approved_by", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "permissions": (
                    ("propose_revocation", "Can propose to revoke consent"),
                    ("approve_revocation", "Can approve that consent is revoked"),
                ),
            },
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("reason", models.CharField(help_text="A code of consent.revocation_reasons.", max_length=32)),
                ("actor", models.CharField(max_length=64)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("epoch", models.PositiveIntegerField(help_text="The likeness's epoch from this suspension on.")),
                ("accepted_at", models.DateTimeField()),
                ("effective_at", models.DateTimeField(blank=True, null=True)),
                ("resumed_at", models.DateTimeField(blank=True, null=True)),
                ("resumed_by", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "permissions": (
                    ("suspend_likeness", "Can suspend a likeness or a grant, and lift what a colleague suspended"),
                ),
            },
        ),
        migrations.CreateModel(
            name="Undo",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="likeness",
            name="likeness_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="withdrawal",
            name="withdrawal_once_a_likeness",
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="party",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="shut_out_by",
                to="consent.party",
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="reason",
            field=models.CharField(blank=True, help_text="A code of consent.revocation_reasons.", max_length=32),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="scope",
            field=models.CharField(
                choices=[("likeness", "Likeness"), ("grant", "Grant"), ("party", "Party"), ("since", "Since")],
                default="likeness",
                max_length=8,
            ),
            preserve_default=False,
        ),
        # every withdrawal from before ended one grant or the whole likeness
        migrations.RunSQL(
            "UPDATE consent_withdrawal SET scope = 'grant' WHERE grant_id IS NOT NULL", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name="likeness",
            name="state",
            field=models.CharField(
                choices=[
                    ("enrolling", "Enrolling"),
                    ("active", "Active"),
                    ("disputed", "Disputed"),
                    ("suspended", "Suspended"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="enrolling",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="entry",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"),
        ),
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("key-added", "Key Added"),
                    ("key-rotated", "Key Rotated"),
                    ("key-revoked", "Key Revoked"),
                    ("claim-made", "Claim Made"),
                    ("claim-needs-you", "Claim Needs You"),
                    ("claim-accepted", "Claim Accepted"),
                    ("claim-refused", "Claim Refused"),
                    ("claim-ended", "Claim Ended"),
                    ("claim-disputed", "Claim Disputed"),
                    ("authority-left", "Authority Left"),
                    ("consent-revoked", "Consent Revoked"),
                    ("consent-suspended", "Consent Suspended"),
                    ("consent-resumed", "Consent Resumed"),
                    ("grant-ended", "Grant Ended"),
                ],
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["enrolling", "active", "disputed", "suspended", "withdrawn"])),
                name="likeness_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("entry", "party"), name="message_once_of_each_entry"),
        ),
        migrations.AddConstraint(
            model_name="withdrawal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scope", "likeness")), fields=("likeness",), name="withdrawal_once_a_likeness"
            ),
        ),
        migrations.AddConstraint(
            model_name="withdrawal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("grant", None), ("party", None), ("scope__in", ["likeness", "since"])),
                    models.Q(("grant__isnull", False), ("party", None), ("scope", "grant")),
                    models.Q(("grant", None), ("party__isnull", False), ("scope", "party")),
                    _connector="OR",
                ),
                name="withdrawal_scope_known",
            ),
        ),
        migrations.AddField(
            model_name="exclusion",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="exclusion",
            name="lifted_entry",
            field=models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="exclusion",
            name="likeness",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="exclusions", to="consent.likeness"
            ),
        ),
        migrations.AddField(
            model_name="exclusion",
            name="party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="exclusions", to="consent.party"
            ),
        ),
        migrations.AddField(
            model_name="revocationproposal",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="revocationproposal",
            name="grant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revocation_proposals",
                to="consent.grant",
            ),
        ),
        migrations.AddField(
            model_name="revocationproposal",
            name="likeness",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="revocation_proposals", to="consent.likeness"
            ),
        ),
        migrations.AddField(
            model_name="revocationproposal",
            name="withdrawal",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revocation_proposal",
                to="consent.withdrawal",
            ),
        ),
        migrations.AddField(
            model_name="suspension",
            name="drained_entry",
            field=models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="suspension",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="suspension",
            name="grant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="suspensions",
                to="consent.grant",
            ),
        ),
        migrations.AddField(
            model_name="suspension",
            name="likeness",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="suspensions", to="consent.likeness"
            ),
        ),
        migrations.AddField(
            model_name="suspension",
            name="resumed_entry",
            field=models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="undo",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="undo",
            name="key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="undoings", to="consent.partykey"
            ),
        ),
        migrations.AddField(
            model_name="undo",
            name="party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="undoings", to="consent.party"
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)), fields=("likeness", "party"), name="exclusion_once_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lifted_at", None), ("lifted_entry", None)),
                    models.Q(("lifted_at__isnull", False), ("lifted_entry__isnull", False)),
                    _connector="OR",
                ),
                name="exclusion_lifted_with_entry",
            ),
        ),
        migrations.AddIndex(
            model_name="revocationproposal",
            index=models.Index(condition=models.Q(("withdrawal", None)), fields=["created_at"], name="revocation_open"),
        ),
        migrations.AddConstraint(
            model_name="revocationproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_by", ""), ("withdrawal", None)),
                    models.Q(models.Q(("approved_by", ""), _negated=True), ("withdrawal__isnull", False)),
                    _connector="OR",
                ),
                name="revocation_approved_with_effect",
            ),
        ),
        migrations.AddConstraint(
            model_name="revocationproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                name="revocation_by_two_people",
            ),
        ),
        migrations.AddIndex(
            model_name="suspension",
            index=models.Index(
                condition=models.Q(("resumed_at", None)), fields=["likeness", "grant"], name="suspension_in_force"
            ),
        ),
        migrations.AddIndex(
            model_name="suspension",
            index=models.Index(condition=models.Q(("resumed_at", None)), fields=["grant"], name="suspension_by_grant"),
        ),
        migrations.AddIndex(
            model_name="suspension",
            index=models.Index(condition=models.Q(("resumed_at", None)), fields=["until"], name="suspension_due"),
        ),
        migrations.AddIndex(
            model_name="suspension",
            index=models.Index(
                condition=models.Q(("effective_at", None)), fields=["accepted_at"], name="suspension_undrained"
            ),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.UniqueConstraint(fields=("likeness", "epoch"), name="suspension_once_an_epoch"),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("drained_entry", None), ("effective_at", None)),
                    models.Q(("drained_entry__isnull", False), ("effective_at__isnull", False)),
                    _connector="OR",
                ),
                name="suspension_effective_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resumed_at", None), ("resumed_by", ""), ("resumed_entry", None)),
                    models.Q(
                        models.Q(("resumed_by", ""), _negated=True),
                        ("resumed_at__isnull", False),
                        ("resumed_entry__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="suspension_resumed_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="undo",
            constraint=models.CheckConstraint(
                condition=models.Q(("since__lt", models.F("created_at"))), name="undo_looks_back"
            ),
        ),
    ]
