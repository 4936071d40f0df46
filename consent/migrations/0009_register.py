"""The register of protected names."""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("consent", "0008_enrolment_sessions"), ("ledger", "0005_find_by_commitment")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ProtectedName",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("own_likeness", "Own Likeness"),
                            ("estate", "Estate"),
                            ("opted_out", "Opted Out"),
                            ("deceased_without_estate", "Deceased"),
                        ],
                        max_length=23,
                    ),
                ),
                (
                    "requested_by",
                    models.CharField(
                        choices=[("holder", "Holder"), ("person", "Person"), ("next_of_kin", "Next Of Kin")],
                        max_length=11,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("end_proposed_by", models.CharField(blank=True, max_length=40)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_entry",
                    models.ForeignKey(
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
                    "likeness",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="protected_names",
                        to="consent.likeness",
                    ),
                ),
            ],
            options={
                "permissions": (
                    ("keep_register", "Can enter names into the register of protected persons, and end that"),
                ),
            },
        ),
        migrations.CreateModel(
            name="NameKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BigIntegerField(db_index=True)),
                ("words", models.PositiveSmallIntegerField()),
                ("slip", models.PositiveSmallIntegerField(default=0)),
                ("doubtful", models.BooleanField(default=False)),
                ("curated", models.BooleanField(default=False)),
                (
                    "name",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="consent.protectedname",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="protectedname",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ground__in", ["own_likeness", "estate"]), ("likeness__isnull", False), ("requested_by", "holder")
                )
                | models.Q(("ground", "opted_out"), ("likeness", None), ("requested_by", "person"))
                | models.Q(("ground", "deceased_without_estate"), ("likeness", None), ("requested_by", "next_of_kin")),
                name="protected_name_ground_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="protectedname",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("ended_entry", None))
                | models.Q(("ended_at__isnull", False), ("ended_entry__isnull", False)),
                name="protected_name_ends_with_entry",
            ),
        ),
    ]
