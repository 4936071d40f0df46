"""Sessions that prove a likeness, and what may be claimed of each enrolment."""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("consent", "0007_authority"),
        ("ledger", "0005_find_by_commitment"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="EnrolmentSession",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("language", models.CharField(max_length=8)),
                (
                    "notice_sha256",
                    models.CharField(help_text="Hex SHA-256 of the notice that was shown.", max_length=64),
                ),
                ("notice_version", models.PositiveSmallIntegerField()),
                ("steps", models.JSONField(help_text="What was asked, in order.")),
                ("digits", models.JSONField(help_text="The digits to say, as English words.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("passed", "Passed"),
                            ("in_review", "In Review"),
                            ("refused", "Refused"),
                            ("expired", "Expired"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "doubt",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("tries-spent", "Tries"),
                            ("possible-duplicate", "Duplicate"),
                            ("not-the-enrolled-face", "Changed"),
                            ("vendor-doubt", "Vendor"),
                        ],
                        default="",
                        max_length=24,
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True, help_text="The reviewer's reason; empty: nobody reviewed it.", max_length=24
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "permissions": (("review_enrolment", "Can review enrolments"),),
            },
        ),
        migrations.CreateModel(
            name="EnrolmentTry",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField(help_text="1, 2 or 3.")),
                ("checks", models.JSONField(help_text="Each check by name, and whether it passed.")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "enrolment tries",
                "ordering": ("session", "number"),
            },
        ),
        migrations.AddField(
            model_name="enrolment",
            name="assurance",
            field=models.CharField(
                db_default="measured-only",
                default="measured-only",
                help_text="What may be claimed of the clip.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="template",
            field=models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.sealed"
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("assurance__in", ["measured-only", "prompted-capture"]),
                    ("assurance__startswith", "vendor-pad:"),
                    _connector="OR",
                ),
                name="enrolment_assurance_known",
            ),
        ),
        migrations.AddField(
            model_name="enrolmentsession",
            name="clip",
            field=models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.blob"
            ),
        ),
        migrations.AddField(
            model_name="enrolmentsession",
            name="enrolment",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="session",
                to="consent.enrolment",
            ),
        ),
        migrations.AddField(
            model_name="enrolmentsession",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="enrolmentsession",
            name="likeness",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="enrolment_sessions", to="consent.likeness"
            ),
        ),
        migrations.AddField(
            model_name="enrolmentsession",
            name="refused_entry",
            field=models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="enrolmentsession",
            name="template",
            field=models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.sealed"
            ),
        ),
        migrations.AddField(
            model_name="enrolmenttry",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="enrolmenttry",
            name="measured",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.sealed"
            ),
        ),
        migrations.AddField(
            model_name="enrolmenttry",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tries", to="consent.enrolmentsession"
            ),
        ),
        migrations.AddIndex(
            model_name="enrolmentsession",
            index=models.Index(
                condition=models.Q(("state", "in_review")), fields=["opened_at"], name="enrolmentsession_queue"
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolmentsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "passed", "in_review", "refused", "expired"])),
                name="enrolmentsession_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolmentsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("enrolment__isnull", False), ("state", "passed")),
                    models.Q(models.Q(("state", "passed"), _negated=True), ("enrolment", None)),
                    _connector="OR",
                ),
                name="enrolmentsession_passed_with_enrolment",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolmentsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("refused_entry__isnull", False), ("state", "refused")),
                    models.Q(models.Q(("state", "refused"), _negated=True), ("refused_entry", None)),
                    _connector="OR",
                ),
                name="enrolmentsession_refused_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolmentsession",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["open", "in_review"])),
                fields=("likeness",),
                name="enrolmentsession_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolmenttry",
            constraint=models.UniqueConstraint(fields=("session", "number"), name="enrolmenttry_numbered_once"),
        ),
        migrations.AddConstraint(
            model_name="enrolmenttry",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1), ("number__lte", 3)), name="enrolmenttry_three_at_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolmenttry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("checks", {}), _negated=True), ("erased_at", None)),
                    models.Q(("checks", {}), ("erased_at__isnull", False)),
                    _connector="OR",
                ),
                name="enrolmenttry_blank_means_erased",
            ),
        ),
    ]
