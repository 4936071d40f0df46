"""The staff's pages show the records, and change nothing."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.consent import logins

pytestmark = pytest.mark.django_db
OURS = [
    model
    for model in admin.site._registry
    if model._meta.app_label in {"ledger", "consent", "gpu_client", "provenance"}
]


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(logins.staff())
    return client


def name(model: type[Model]) -> str:
    return model._meta.label_lower


@pytest.mark.parametrize("model", OURS, ids=name)
def test_each_list_opens(staff: Client, model: type[Model]) -> None:
    assert staff.get(reverse(f"admin:{name(model).replace('.', '_')}_changelist")).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=name)
def test_even_a_superuser_adds_nothing(staff: Client, model: type[Model]) -> None:
    assert staff.get(reverse(f"admin:{name(model).replace('.', '_')}_add")).status_code == 403


def test_a_stranger_is_asked_to_log_in(client: Client) -> None:
    answer = client.get("/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")
