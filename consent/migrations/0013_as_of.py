"""What a permit gave back, and by which entry: so that counts can be told as of any point in the log."""

import django.db.models.deletion
from typing import ClassVar
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("consent", "0012_approvals"),
        ("ledger", "0005_find_by_commitment"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="permitgrant",
            name="released_entry",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.entry",
            ),
        ),
        migrations.AddField(
            model_name="permitgrant",
            name="released_seconds",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="permitgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("released_entry", None), ("released_seconds", None)),
                    models.Q(
                        ("counted_seconds", None),
                        ("released_entry__isnull", False),
                        ("released_seconds__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="permit_grant_released_with_entry",
            ),
        ),
    ]
