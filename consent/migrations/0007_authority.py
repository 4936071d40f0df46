"""Claims of authority, and what rests on them: heirs, minors, assents."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0006_terms_2"),
        ("ledger", "0005_find_by_commitment"),
    ]

    operations = [
        migrations.CreateModel(
            name="Assent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.BinaryField(help_text="The digest of the document that the act rests on.", max_length=32),
                ),
                (
                    "given_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("estate", "Estate"),
                            ("heir", "Heir"),
                            ("agent", "Agent"),
                            ("guardian", "Guardian"),
                            ("studio", "Studio"),
                            ("rights_holder", "Rights Holder"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "share",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Parts that an heir holds; only ratios count."
                    ),
                ),
                (
                    "acts",
                    models.JSONField(blank=True, default=list, help_text="What an agent may do: grant, withdraw, see."),
                ),
                ("purposes", models.JSONField(blank=True, null=True)),
                ("not_after", models.DateTimeField(blank=True, null=True)),
                ("tier", models.CharField(choices=[("new", "New"), ("verified", "Verified")], max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("disputed", "Disputed"),
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("ended", "Ended"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "refusal",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not-shown", "Not Shown"),
                            ("unreadable", "Unreadable"),
                            ("not-authentic", "Not Authentic"),
                            ("somebody-else", "Somebody Else"),
                            ("no-such-likeness", "No Such Likeness"),
                            ("not-ours-to-decide", "Not Ours To Decide"),
                        ],
                        max_length=24,
                    ),
                ),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("due_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "permissions": (("review_claim", "Can recommend, accept, refuse and end claims of authority"),),
            },
        ),
        migrations.CreateModel(
            name="ClaimDocument",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(choices=[("evidence", "Evidence"), ("reference", "Reference")], max_length=10),
                ),
                ("media_type", models.CharField(help_text="By the first bytes, not by what was said.", max_length=20)),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClaimReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("accept", "Accept"),
                            ("transfer", "Transfer"),
                            ("refuse", "Refuse"),
                            ("end", "End"),
                            ("dispute", "Dispute"),
                        ],
                        max_length=8,
                    ),
                ),
                ("actor", models.CharField(max_length=64)),
                (
                    "reviewed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="likeness",
            name="likeness_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="likeness",
            name="likeness_blank_means_erased",
        ),
        migrations.AddField(
            model_name="likeness",
            name="adult_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="likeness",
            name="authority_entry",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="likeness",
            name="authority_epoch",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="likeness",
            name="heirs_rule",
            field=models.CharField(
                choices=[("any", "Any"), ("majority", "Majority"), ("all", "All")], default="all", max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="likeness",
            name="state",
            field=models.CharField(
                choices=[
                    ("enrolling", "Enrolling"),
                    ("active", "Active"),
                    ("disputed", "Disputed"),
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
                ],
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["enrolling", "active", "disputed", "withdrawn"])),
                name="likeness_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.CheckConstraint(
                condition=models.Q(("heirs_rule__in", ["any", "majority", "all"])), name="likeness_heirs_rule_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["enrolling", "withdrawn"]),
                    models.Q(("adult_on", None), ("kind", "person")),
                    ("authority_entry__isnull", False),
                    _connector="OR",
                ),
                name="likeness_active_by_authority",
            ),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.CheckConstraint(
                condition=models.Q(("adult_on", None), ("kind", "person"), _connector="OR"),
                name="likeness_minor_is_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("name", ""), _negated=True), ("erased_at", None)),
                    models.Q(("adult_on", None), ("erased_at__isnull", False), ("name", ""), ("state", "withdrawn")),
                    _connector="OR",
                ),
                name="likeness_blank_means_erased",
            ),
        ),
        migrations.AddField(
            model_name="assent",
            name="dropped_entry",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="assent",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="assent",
            name="likeness",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="assents", to="consent.likeness"
            ),
        ),
        migrations.AddField(
            model_name="assent",
            name="party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="assents", to="consent.party"
            ),
        ),
        migrations.AddField(
            model_name="assent",
            name="signed",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.sealed"
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="claimant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="consent.party"
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="decided_entry",
            field=models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="ended_entry",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="likeness",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="consent.likeness",
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="statement",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.sealed"
            ),
        ),
        migrations.AddField(
            model_name="claimdocument",
            name="blob",
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.blob"),
        ),
        migrations.AddField(
            model_name="claimdocument",
            name="claim",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="consent.claim"
            ),
        ),
        migrations.AddField(
            model_name="claimdocument",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="claimreview",
            name="claim",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="consent.claim"
            ),
        ),
        migrations.AddField(
            model_name="claimreview",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddConstraint(
            model_name="assent",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length("act"), 32),
                name="assent_act_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="assent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("dropped_entry", None)), fields=("likeness", "party", "act"), name="assent_once"
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "disputed"])), fields=["due_at", "id"], name="claim_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["claimant", "-made_at", "-id"], name="claim_by_claimant"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["estate", "heir", "agent", "guardian", "studio", "rights_holder"])),
                name="claim_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__in", ["new", "verified"])), name="claim_tier_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(condition=models.Q(("share__gte", 1)), name="claim_share_of_something"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_entry", None),
                        ("ended_entry", None),
                        ("refusal", ""),
                        ("state__in", ["open", "disputed"]),
                    ),
                    models.Q(
                        ("decided_entry__isnull", False), ("ended_entry", None), ("refusal", ""), ("state", "accepted")
                    ),
                    models.Q(
                        ("decided_entry__isnull", False),
                        ("ended_entry", None),
                        ("state", "refused"),
                        models.Q(("refusal", ""), _negated=True),
                    ),
                    models.Q(
                        ("decided_entry", None), ("ended_entry__isnull", False), ("refusal", ""), ("state", "withdrawn")
                    ),
                    models.Q(
                        ("decided_entry__isnull", False),
                        ("ended_entry__isnull", False),
                        ("refusal", ""),
                        ("state", "ended"),
                    ),
                    _connector="OR",
                ),
                name="claim_state_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "accepted"), _negated=True), ("likeness__isnull", False), _connector="OR"
                ),
                name="claim_accepted_of_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "accepted")),
                fields=("likeness", "claimant", "role"),
                name="claim_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimdocument",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["evidence", "reference"])), name="claimdocument_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="claimreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["accept", "transfer", "refuse", "end", "dispute"])),
                name="claimreview_verdict_known",
            ),
        ),
    ]
