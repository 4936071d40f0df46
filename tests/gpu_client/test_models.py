"""What the database insists on."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction

from gpu_client import jobs
from gpu_client.models import RenderJob
from tests.gpu_client.world import World

State = RenderJob.State


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_there_is_nothing_to_do_at_first() -> None:
    assert jobs.sweep() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"state": "delivered"},
        {"state": "failed"},
        {"state": "cancelled"},
        {"state": "unheard-of"},
        {"result_size": 5},
        {"result_sha256": "0" * 64},
        {"lease": uuid.uuid4()},
    ],
)
def test_a_row_that_cannot_be_true_is_refused(world: World, change: dict[str, object]) -> None:
    job = world.order()
    with pytest.raises(IntegrityError), transaction.atomic():
        RenderJob.objects.filter(pk=job.pk).update(**change)
