"""Webhooks: where a party is told of what concerns it, and the outbox of that."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0014_blocks"),
        ("ledger", "0005_find_by_commitment"),
    ]

    operations = [
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
                    ("videos-stopped", "Videos Stopped"),
                    ("webhook-disabled", "Webhook Disabled"),
                ],
                max_length=32,
            ),
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("enabled", "Enabled"), ("disabled", "Disabled"), ("removed", "Removed")],
                        default="enabled",
                        max_length=8,
                    ),
                ),
                ("events", models.JSONField(help_text='Names of events; ["*"]: every one.')),
                ("old_until", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("resume_at", models.DateTimeField(blank=True, null=True)),
                ("busy_until", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "last_entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "old_secret",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.sealed",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="webhooks", to="consent.party"
                    ),
                ),
                (
                    "secret",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.sealed",
                    ),
                ),
                (
                    "url",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.sealed",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("event", models.CharField(max_length=40)),
                ("body", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Pending"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="pending",
                        max_length=9,
                    ),
                ),
                ("queued_at", models.DateTimeField(help_text="Since when it is tried; a replay begins anew.")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=16)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="consent.webhookendpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
            },
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(fields=["party", "-created_at", "-id"], name="webhookendpoint_by_party"),
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(
                condition=models.Q(("state", "enabled")), fields=["party"], name="webhookendpoint_enabled"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("secret__isnull", False), ("state__in", ["enabled", "disabled"]), ("url__isnull", False)),
                    models.Q(("old_secret", None), ("secret", None), ("state", "removed"), ("url", None)),
                    _connector="OR",
                ),
                name="webhookendpoint_removed_means_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("old_secret", None), ("old_until", None)),
                    models.Q(("old_secret__isnull", False), ("old_until__isnull", False)),
                    _connector="OR",
                ),
                name="webhookendpoint_old_secret_ends",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "-created_at", "-id"], name="webhookdelivery_log"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "pending")), fields=["endpoint", "due_at"], name="webhookdelivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["created_at"], name="webhookdelivery_age"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("event", "webhook.test"), _negated=True),
                fields=("endpoint", "entry", "event"),
                name="webhookdelivery_once_of_each_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", False), ("state", "pending")),
                    models.Q(("due_at", None), ("state__in", ["delivered", "failed"])),
                    _connector="OR",
                ),
                name="webhookdelivery_pending_is_due",
            ),
        ),
    ]
