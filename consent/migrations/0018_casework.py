"""What moderators' queues have in common: hand-out, notes, four eyes, bulks, schedules, replies, second looks."""

import django.db.models.deletion
import uuid
from typing import ClassVar
from django.db import migrations, models


# What was proposed, and by whom, stands still; what is decided stays decided; nothing is made decided.
FOUR_EYES = """
CREATE FUNCTION consent_proposal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a proposal is not deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.decision <> '' THEN
            RAISE EXCEPTION 'a proposal is not made decided' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.decision <> '' THEN
        RAISE EXCEPTION 'a proposal is decided once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.act, NEW.target, NEW.arguments, NEW.proposed_by, NEW.proposed_at, NEW.expires_at, NEW.entry_id)
        IS DISTINCT FROM
       (OLD.id, OLD.act, OLD.target, OLD.arguments, OLD.proposed_by, OLD.proposed_at, OLD.expires_at, OLD.entry_id)
    THEN
        RAISE EXCEPTION 'what was proposed does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_proposal_guard BEFORE INSERT OR UPDATE OR DELETE ON consent_proposal
    FOR EACH ROW EXECUTE FUNCTION consent_proposal_guard();

CREATE FUNCTION consent_bulk_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.verb, NEW.arguments, NEW.size, NEW.actor, NEW.entry_id)
        IS DISTINCT FROM (OLD.id, OLD.verb, OLD.arguments, OLD.size, OLD.actor, OLD.entry_id)
        OR (OLD.released_at IS NOT NULL AND NEW.released_by <> OLD.released_by)
    THEN
        RAISE EXCEPTION 'what was asked for does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_bulk_guard BEFORE UPDATE ON consent_bulk
    FOR EACH ROW EXECUTE FUNCTION consent_bulk_guard();

-- a bulk has as many items as it says: none slips in after a second person looked
CREATE FUNCTION consent_bulkitem_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.bulk_id, NEW.number, NEW.item) IS DISTINCT FROM (OLD.bulk_id, OLD.number, OLD.item) THEN
            RAISE EXCEPTION 'an item of a bulk does not change' USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF NEW.number >= (SELECT size FROM consent_bulk WHERE id = NEW.bulk_id) THEN
        RAISE EXCEPTION 'a bulk has no further item' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_bulkitem_guard BEFORE INSERT OR UPDATE ON consent_bulkitem
    FOR EACH ROW EXECUTE FUNCTION consent_bulkitem_guard();
"""

UNDO = """
DROP TRIGGER consent_bulkitem_guard ON consent_bulkitem;
DROP FUNCTION consent_bulkitem_guard();
DROP TRIGGER consent_bulk_guard ON consent_bulk;
DROP FUNCTION consent_bulk_guard();
DROP TRIGGER consent_proposal_guard ON consent_proposal;
DROP FUNCTION consent_proposal_guard();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("consent", "0017_takedown"),
        ("ledger", "0005_find_by_commitment"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("queue", models.CharField(max_length=40)),
                ("item", models.UUIDField()),
                ("lane", models.CharField(blank=True, max_length=24)),
                ("actor", models.CharField(max_length=64)),
                ("taken_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("done", "Done"),
                            ("released", "Released"),
                            ("skipped", "Skipped"),
                            ("expired", "Expired"),
                            ("moved", "Moved"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "skip",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("conflict", "Conflict"),
                            ("language", "Language"),
                            ("unsure", "Unsure"),
                            ("hard-to-see", "Hard To See"),
                            ("other", "Other"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                (
                    "decision",
                    models.CharField(blank=True, help_text="A code of the item's own package.", max_length=32),
                ),
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
            ],
            options={
                "permissions": (
                    ("see_queues", "Can see which queues there are, and how long they are"),
                    ("annotate_work", "Can write notes, set tags, snooze and escalate items of work"),
                ),
            },
        ),
        migrations.CreateModel(
            name="Bulk",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("verb", models.CharField(max_length=40)),
                ("arguments", models.JSONField(default=dict, help_text="Codes and ids; nothing that names anybody.")),
                ("size", models.PositiveSmallIntegerField()),
                ("actor", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                ("released_by", models.CharField(blank=True, max_length=64)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
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
            ],
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(help_text="Its place in the list, from 0.")),
                ("item", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("already", "Already"),
                            ("refused", "Refused"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("problem", models.CharField(blank=True, help_text="The code of the refusal.", max_length=64)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "bulk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="consent.bulk"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("queue", models.CharField(max_length=40)),
                ("item", models.UUIDField()),
                ("author", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "erased_entry",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
                    ),
                ),
                (
                    "sealed",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.sealed",
                    ),
                ),
            ],
            options={
                "permissions": (("erase_note", "Can erase an internal note"),),
            },
        ),
        migrations.CreateModel(
            name="CaseTag",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("queue", models.CharField(max_length=40)),
                ("item", models.UUIDField()),
                ("tag", models.CharField(max_length=24)),
                ("actor", models.CharField(max_length=64)),
                ("set_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("removed_by", models.CharField(blank=True, max_length=64)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "removed_entry",
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
            name="Escalation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("queue", models.CharField(max_length=40)),
                ("item", models.UUIDField()),
                ("to_role", models.CharField(blank=True, max_length=32)),
                ("to_queue", models.CharField(blank=True, max_length=40)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("child-safety", "Child Safety"),
                            ("threat-to-life", "Threat To Life"),
                            ("law", "Law"),
                            ("policy-unclear", "Policy"),
                            ("senior-look", "Senior"),
                            ("language", "Language"),
                            ("press", "Press"),
                        ],
                        max_length=20,
                    ),
                ),
                ("risk", models.PositiveSmallIntegerField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("actor", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("settled_by", models.CharField(blank=True, max_length=64)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "settled_entry",
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
                "verbose_name": "escalation",
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("act", models.CharField(help_text="A name of consent.casework.acts.", max_length=32)),
                ("target", models.UUIDField()),
                ("arguments", models.JSONField(default=dict, help_text="Codes and ids; nothing that names anybody.")),
                ("proposed_by", models.CharField(max_length=64)),
                ("proposed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("", "Open"), ("confirmed", "Confirmed"), ("refused", "Refused")],
                        default="",
                        max_length=10,
                    ),
                ),
                ("decided_by", models.CharField(blank=True, max_length=64)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "permissions": (
                    ("propose_bulk", "Can propose an act upon many items at once"),
                    ("confirm_bulk", "Can confirm an act upon many items at once"),
                    ("propose_erasure", "Can propose to erase somebody at their request"),
                    ("confirm_erasure", "Can confirm that somebody is erased at their request"),
                    ("propose_key_act", "Can propose to end a key or token of somebody's"),
                    ("confirm_key_act", "Can confirm that a key or token of somebody's is ended"),
                    ("propose_viewing", "Can ask to see something sealed"),
                    ("confirm_viewing", "Can let a colleague see something sealed"),
                ),
            },
        ),
        migrations.CreateModel(
            name="QualitySample",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("queue", models.CharField(max_length=40)),
                ("item", models.UUIDField()),
                ("lane", models.CharField(blank=True, max_length=24)),
                ("decision", models.CharField(max_length=32)),
                ("decided_by", models.CharField(max_length=64)),
                ("seed", models.CharField(help_text="With it the draw can be repeated.", max_length=64)),
                ("drawn_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("second", models.CharField(blank=True, max_length=32)),
                ("looked_by", models.CharField(blank=True, max_length=64)),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assignment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sample", to="consent.assignment"
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "looked_entry",
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
                    ("look_again", "Can look again at decisions that were drawn for it"),
                    ("see_quality", "Can see how often second looks agree"),
                ),
            },
        ),
        migrations.CreateModel(
            name="ReplyTemplate",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("version", models.PositiveSmallIntegerField()),
                ("subject_en", models.CharField(max_length=120)),
                ("text_en", models.TextField()),
                ("subject_es", models.CharField(max_length=120)),
                ("text_es", models.TextField()),
                ("author", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "retired_entry",
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
                "permissions": (("edit_replies", "Can write and retire templates of replies"),),
            },
        ),
        migrations.CreateModel(
            name="ScheduledAct",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("verb", models.CharField(max_length=40)),
                ("item", models.UUIDField()),
                ("arguments", models.JSONField(default=dict, help_text="Codes and ids; nothing that names anybody.")),
                ("due_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("problem", models.CharField(blank=True, help_text="The code of the refusal.", max_length=64)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_by", models.CharField(blank=True, max_length=64)),
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
            ],
        ),
        migrations.CreateModel(
            name="Snooze",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("queue", models.CharField(max_length=40)),
                ("item", models.UUIDField()),
                ("until", models.DateTimeField()),
                ("actor", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("woken_at", models.DateTimeField(blank=True, null=True)),
                ("woken_by", models.CharField(blank=True, max_length=64)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "woken_entry",
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
            name="Viewing",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("actor", models.CharField(max_length=64)),
                ("seen_at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="viewings", to="consent.proposal"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["queue", "actor", "item", "-ended_at"], name="assignment_by_person"),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("outcome", "done")), fields=["queue", "-ended_at"], name="assignment_done"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("queue", "item"), name="assignment_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("taken_at"))), name="assignment_expires_later"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_entry", None), ("outcome", "")),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_entry__isnull", False),
                        ("outcome__in", ["done", "released", "skipped", "expired", "moved"]),
                    ),
                    _connector="OR",
                ),
                name="assignment_ended_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "skipped"), models.Q(("skip", ""), _negated=True)),
                    models.Q(models.Q(("outcome", "skipped"), _negated=True), ("skip", "")),
                    _connector="OR",
                ),
                name="assignment_skipped_with_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="bulk",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("released_at__isnull", False)),
                fields=["released_at"],
                name="bulk_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulk",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__range", (1, 1000))), name="bulk_of_a_thousand_at_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("released_at", None), ("released_by", "")),
                    models.Q(("released_at__isnull", False), models.Q(("released_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="bulk_released_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("size__lte", 10), models.Q(("released_by", models.F("actor")), _negated=True), _connector="OR"
                ),
                name="bulk_above_ten_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_entry", None)),
                    models.Q(
                        ("ended_at__isnull", False), ("ended_entry__isnull", False), ("released_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="bulk_ended_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(fields=("bulk", "number"), name="bulkitem_numbered_once"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(fields=("bulk", "item"), name="bulkitem_once"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("problem", ""), ("state", "waiting")),
                    models.Q(("done_at__isnull", False), ("problem", ""), ("state__in", ["done", "already"])),
                    models.Q(
                        ("done_at__isnull", False), ("state", "refused"), models.Q(("problem", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="bulkitem_state_known",
            ),
        ),
        migrations.AddIndex(
            model_name="casenote",
            index=models.Index(fields=["queue", "item", "written_at", "id"], name="casenote_by_item"),
        ),
        migrations.AddConstraint(
            model_name="casenote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("erased_at", None), ("erased_entry", None), ("sealed__isnull", False)),
                    models.Q(("erased_at__isnull", False), ("erased_entry__isnull", False), ("sealed", None)),
                    _connector="OR",
                ),
                name="casenote_blank_means_erased",
            ),
        ),
        migrations.AddIndex(
            model_name="casetag",
            index=models.Index(
                condition=models.Q(("removed_at", None)), fields=["tag", "-set_at"], name="casetag_by_tag"
            ),
        ),
        migrations.AddConstraint(
            model_name="casetag",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)), fields=("queue", "item", "tag"), name="casetag_set_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="casetag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("removed_at", None), ("removed_by", ""), ("removed_entry", None)),
                    models.Q(
                        ("removed_at__isnull", False),
                        ("removed_entry__isnull", False),
                        models.Q(("removed_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="casetag_removed_with_entry",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(fields=["made_at"], name="escalation_by_time"),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settled_at", None)), fields=("queue", "item"), name="escalation_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("to_role", ""), models.Q(("to_queue", ""), _negated=True)),
                    models.Q(models.Q(("to_role", ""), _negated=True), ("to_queue", "")),
                    _connector="OR",
                ),
                name="escalation_to_one_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("settled_by", ""), ("settled_entry", None)),
                    models.Q(
                        ("settled_at__isnull", False),
                        ("settled_entry__isnull", False),
                        models.Q(("settled_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="escalation_settled_with_entry",
            ),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(
                condition=models.Q(("decision", "")), fields=["proposed_at", "id"], name="proposal_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "confirmed"), _negated=True),
                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="proposal_by_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("proposed_by__regex", "^staff:[0-9]+$"),
                    models.Q(("decided_by", ""), ("decided_by__regex", "^staff:[0-9]+$"), _connector="OR"),
                ),
                name="proposal_by_staff",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", ""), ("decided_entry", None), ("decision", "")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_entry__isnull", False),
                        ("decision__in", ["confirmed", "refused"]),
                        models.Q(("decided_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="proposal_decided_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "confirmed"), _negated=True),
                    ("decided_at__lte", models.F("expires_at")),
                    _connector="OR",
                ),
                name="proposal_not_too_late",
            ),
        ),
        migrations.AddIndex(
            model_name="qualitysample",
            index=models.Index(
                condition=models.Q(("looked_at", None)), fields=["due_at", "id"], name="qualitysample_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="qualitysample",
            index=models.Index(fields=["lane", "drawn_at"], name="qualitysample_by_lane"),
        ),
        migrations.AddConstraint(
            model_name="qualitysample",
            constraint=models.CheckConstraint(
                condition=models.Q(("looked_by", models.F("decided_by")), _negated=True),
                name="qualitysample_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="qualitysample",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("looked_at", None), ("looked_by", ""), ("looked_entry", None), ("second", "")),
                    models.Q(
                        ("looked_at__isnull", False),
                        ("looked_entry__isnull", False),
                        models.Q(("second", ""), _negated=True),
                        models.Q(("looked_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="qualitysample_looked_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="replytemplate",
            constraint=models.UniqueConstraint(fields=("name", "version"), name="replytemplate_version_once"),
        ),
        migrations.AddConstraint(
            model_name="replytemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("retired_at", None), ("retired_entry", None)),
                    models.Q(("retired_at__isnull", False), ("retired_entry__isnull", False)),
                    _connector="OR",
                ),
                name="replytemplate_retired_with_entry",
            ),
        ),
        migrations.AddIndex(
            model_name="scheduledact",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="scheduledact_due"),
        ),
        migrations.AddConstraint(
            model_name="scheduledact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at", None),
                        ("ended_by", ""),
                        ("ended_entry", None),
                        ("problem", ""),
                        ("state", "waiting"),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_entry__isnull", False),
                        ("state__in", ["done", "refused", "cancelled"]),
                        models.Q(("ended_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="scheduledact_ended_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refused"), models.Q(("problem", ""), _negated=True)),
                    models.Q(models.Q(("state", "refused"), _negated=True), ("problem", "")),
                    _connector="OR",
                ),
                name="scheduledact_refused_with_problem",
            ),
        ),
        migrations.AddIndex(
            model_name="snooze",
            index=models.Index(
                condition=models.Q(("woken_at", None)), fields=["queue", "item", "until"], name="snooze_running"
            ),
        ),
        migrations.AddConstraint(
            model_name="snooze",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("made_at"))), name="snooze_ends_later"
            ),
        ),
        migrations.AddConstraint(
            model_name="snooze",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("woken_at", None), ("woken_by", ""), ("woken_entry", None)),
                    models.Q(
                        ("woken_at__isnull", False),
                        ("woken_entry__isnull", False),
                        models.Q(("woken_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="snooze_woken_with_entry",
            ),
        ),
        migrations.RunSQL(FOUR_EYES, UNDO),
    ]
