"""Blocks of videos, and the message that tells whose videos stopped."""

import django.db.models.deletion
import uuid
from typing import ClassVar
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("consent", "0013_as_of"),
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
                    ("videos-stopped", "Videos Stopped"),
                ],
                max_length=32,
            ),
        ),
        migrations.CreateModel(
            name="Block",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("video", models.UUIDField()),
                ("case", models.CharField(max_length=64)),
                ("reason", models.CharField(help_text="A code of consent.revocation_reasons.", max_length=32)),
                (
                    "scope",
                    models.CharField(
                        choices=[("video", "Video"), ("family", "Family")], default="family", max_length=8
                    ),
                ),
                ("stay_down", models.BooleanField(default=False, help_text="Its fingerprints refuse copies.")),
                ("until", models.DateTimeField()),
                ("placed_by", models.CharField(max_length=64)),
                ("accepted_at", models.DateTimeField()),
                ("effective_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_by", models.CharField(blank=True, max_length=64)),
                ("lift_proposed_by", models.CharField(blank=True, max_length=64)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                ("lifted_by", models.CharField(blank=True, max_length=64)),
                (
                    "confirmed_entry",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
                    ),
                ),
                (
                    "drained_entry",
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
                    "lift_proposed_entry",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
                    ),
                ),
                (
                    "lifted_entry",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
                    ),
                ),
            ],
            options={
                "permissions": (
                    ("place_block", "Can place a provisional block on a video"),
                    ("decide_block", "Can confirm a block, propose to lift one, and lift one"),
                ),
                "indexes": [
                    models.Index(condition=models.Q(("lifted_at", None)), fields=["video"], name="block_in_force"),
                    models.Index(
                        condition=models.Q(("effective_at", None)), fields=["accepted_at"], name="block_undrained"
                    ),
                    models.Index(fields=["-accepted_at", "-id"], name="block_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("accepted_at"))), name="block_ends_after_it_begins"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["video", "family"])), name="block_scope_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("drained_entry", None), ("effective_at", None)),
                            models.Q(("drained_entry__isnull", False), ("effective_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="block_effective_with_entry",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at", None), ("confirmed_by", ""), ("confirmed_entry", None)),
                            models.Q(
                                ("confirmed_at__isnull", False),
                                ("confirmed_entry__isnull", False),
                                models.Q(("confirmed_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="block_confirmed_with_entry",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lift_proposed_by", ""), ("lift_proposed_entry", None)),
                            models.Q(
                                models.Q(("lift_proposed_by", ""), _negated=True),
                                ("lift_proposed_entry__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="block_lift_proposed_with_entry",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at", None), ("lifted_by", ""), ("lifted_entry", None)),
                            models.Q(
                                ("lifted_at__isnull", False),
                                ("lifted_entry__isnull", False),
                                models.Q(("lifted_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="block_lifted_with_entry",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmed_by", models.F("placed_by")), _negated=True),
                        name="block_confirmed_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lifted_at", None),
                            models.Q(
                                ("confirmed_at", None), models.Q(("lifted_by", models.F("placed_by")), _negated=True)
                            ),
                            models.Q(
                                models.Q(("lift_proposed_by", ""), _negated=True),
                                models.Q(("lifted_by", models.F("lift_proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="block_lifted_by_two",
                    ),
                ],
            },
        ),
    ]
