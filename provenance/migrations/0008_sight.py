"""Whoever is in a video finds it by time; creators keep their videos; what a cause did is on record."""

import django.db.models.deletion
from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("consent", "0014_blocks"),
        ("ledger", "0005_find_by_commitment"),
        ("provenance", "0007_descent"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Stop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("withheld", "Withheld"), ("kept", "Kept"), ("blocked", "Blocked")], max_length=8
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="appearance",
            name="created_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(
            "UPDATE provenance_appearance seen SET created_at = video.created_at"
            " FROM provenance_video video WHERE video.id = seen.video_id",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="appearance",
            name="created_at",
            field=models.DateTimeField(),
        ),
        migrations.AddIndex(
            model_name="appearance",
            index=models.Index(
                models.F("likeness"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("video"), descending=True),
                name="appearances_of_a_likeness",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="lifted_entry",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="video",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reservations", to="provenance.video"
            ),
        ),
        migrations.AddField(
            model_name="stop",
            name="entry",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"),
        ),
        migrations.AddField(
            model_name="stop",
            name="video",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="stops", to="provenance.video"
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)), fields=("video",), name="one_reservation_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lifted_at", None), ("lifted_entry", None)),
                    models.Q(("lifted_at__isnull", False), ("lifted_entry__isnull", False)),
                    _connector="OR",
                ),
                name="reservation_lifted_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.UniqueConstraint(fields=("entry", "video"), name="one_stop_of_a_video_for_each_cause"),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["withheld", "kept", "blocked"])), name="stop_outcome_is_known"
            ),
        ),
    ]
