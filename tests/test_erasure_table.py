"""Every column has a line that says what becomes of it at an erasure."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps

OURS = ("ledger", "consent", "gpu_client", "provenance")
PAGE = Path(__file__).resolve().parent.parent / "docs/design/erasure.md"


def written() -> list[str]:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert all(len(row) == 3 and row[1] for row in cells), "a line says what happens"
    return [name for row in cells for name in re.findall(r"`([a-z_]+\.[a-z0-9_]+)`", row[0])]


def columns() -> list[str]:
    models = [model for app in OURS for model in apps.get_app_config(app).get_models(include_auto_created=True)]
    fields = [(model._meta.db_table, field.column) for model in models for field in model._meta.local_fields]
    return [f"{table}.{column}" for table, column in fields if column is not None]  # a key of several columns has none


def test_no_column_was_forgotten() -> None:
    assert len(columns()) > 150
    assert sorted(set(columns()) - set(written())) == []


def test_no_line_describes_a_column_that_is_gone_or_described_already() -> None:
    assert sorted(written()) == sorted(set(written()))
    assert sorted(set(written()) - set(columns())) == []
