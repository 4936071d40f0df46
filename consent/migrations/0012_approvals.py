"""Approvals of each use, and grants that were narrowed without a new signature."""

import django.db.models.deletion
import uuid
from typing import ClassVar
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("consent", "0011_licences"),
        ("ledger", "0005_find_by_commitment"),
    ]

    operations: ClassVar = [
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
                    ("approval-asked", "Approval Asked"),
                    ("grant-ended", "Grant Ended"),
                ],
                max_length=32,
            ),
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("video", models.UUIDField(db_index=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("given", "Given"),
                            ("refused", "Refused"),
                            ("timed_out", "Timed Out"),
                        ],
                        default="pending",
                        max_length=9,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="From then on it is a no.")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by", models.CharField(blank=True, max_length=64)),
                (
                    "decided_entry",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="approvals", to="consent.grant"
                    ),
                ),
                (
                    "permit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="approvals", to="consent.permit"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApprovalVoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "approval",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="voices", to="consent.approval"
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.party"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Narrowing",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("actor", models.CharField(max_length=64)),
                ("epoch", models.PositiveIntegerField(help_text="The likeness's epoch from this narrowing on.")),
                ("created_at", models.DateTimeField()),
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.sealed"
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="narrowings", to="consent.grant"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(condition=models.Q(("state", "pending")), fields=["due_at", "id"], name="approval_due"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(fields=("permit", "grant"), name="approval_once"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__gt", models.F("asked_at"))), name="approval_has_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", ""), ("decided_entry", None), ("state", "pending")),
                    models.Q(
                        models.Q(("decided_by", ""), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_entry__isnull", False),
                        ("state__in", ["given", "refused", "timed_out"]),
                    ),
                    _connector="OR",
                ),
                name="approval_decided_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalvoice",
            constraint=models.UniqueConstraint(fields=("approval", "party"), name="approval_voice_once"),
        ),
        migrations.AddConstraint(
            model_name="narrowing",
            constraint=models.UniqueConstraint(fields=("grant", "epoch"), name="narrowing_once_an_epoch"),
        ),
    ]
