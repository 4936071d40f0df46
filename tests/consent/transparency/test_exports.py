"""What leaves the house: it fits its schema, names nobody, and computes nothing in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command

from consent import reasons_given
from consent.models import ReasonsStated
from consent.takedown import erasing
from consent.transparency import exports, periods, schemas
from consent.transparency.small import Public
from tests.consent.people import register
from tests.consent.takedown import notices
from tests.consent.test_reasons_statement import GOOD
from tests.consent.transparency.happenings import SAID, START, quarter

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import DjangoAssertNumQueries

QUARTER = periods.read("2026-Q4")
PERSONAL = ("Rosa", "Marta", "rosa@example.org", "videos.example.org", "never agreed")


def valid(schema: dict[str, Any], value: object) -> bool:
    jsonschema.Draft202012Validator.check_schema(schema)
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


@pytest.mark.django_db
def test_the_command_writes_what_fits_its_schemas_and_names_nobody(tmp_path: Path) -> None:
    quarter(register("uploader").party)
    call_command("transparency", period="2026-Q4", out=tmp_path / "out", exact=True)
    files = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    for name, schema in (("figures", "figures"), ("reasons-001", "reasons"), ("notices", "notices")):
        assert valid(json.loads(files[f"{schema}.schema.json"]), json.loads(files[f"{name}.json"])), name
    written = "".join(files.values())
    assert [each for each in PERSONAL if each in written] == []
    assert json.loads(files["notices.json"])["notices"][0]["action_taken"] == "Yes"
    assert ["notices", "all", "", "", "<5", "", "", ""] in list(csv.reader(io.StringIO(files["figures.csv"])))
    assert ["notices", "all", "", "", "1", "", "", ""] in list(csv.reader(io.StringIO(files["figures-exact.csv"])))


@pytest.mark.django_db
def test_the_command_says_what_is_missing() -> None:
    for options in ({"period": "2026-Q9"}, {"period": "2026-Q4"}, {"period": "2026-Q4", "act": "release", "user": "x"}):
        with pytest.raises(CommandError):
            call_command("transparency", **options)


@pytest.mark.django_db
def test_statements_come_in_batches_of_a_hundred(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(exports, "BATCH", 2)
    case = notices.filed().notice.case
    rows = [reasons_given.issue(SAID, case=case, actor="staff:7") for _ in range(3)]
    reasons_given.reverse(rows[0], facts="It was a mistake.", actor="staff:7")
    ReasonsStated.objects.update(stated_at=START)
    with django_assert_num_queries(3):
        batches = list(exports.statements(QUARTER))
    assert [len(each["statements"]) for each in batches] == [2, 1]
    assert {each["puid"] for batch in batches for each in batch["statements"]} == {row.puid for row in rows}
    assert schemas.BATCH == 100


@pytest.mark.django_db
def test_an_erased_notice_is_not_exported() -> None:
    notice = notices.filed().notice
    type(notice).objects.update(filed_at=START)
    assert len(list(exports.notices(QUARTER))) == 1
    erasing.erase_notice(notice, actor="system:test")
    assert list(exports.notices(QUARTER)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"decision_facts": None},
        {"content_id": {"EAN-13": "1"}},
        {"category": "STATEMENT_CATEGORY_X"},
        {"puid": "a b"},
        {"decision_visibility": []},
        {"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"},
        {"incompatible_content_ground": None},
        {"content_date": "2026-1-1"},
        {"decision_visibility_other": "x"},
        {"decision_visibility": None},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_database_would(change: dict[str, Any]) -> None:
    said = {name: value for name, value in (GOOD | change).items() if value is not None}
    assert valid(schemas.statements(), {"statements": [GOOD]})
    assert not valid(schemas.statements(), {"statements": [said]})


def test_the_schemas_refuse_an_exact_count_a_name_and_too_large_a_batch() -> None:
    figure = {"table": "notices", "of": [], "count": 5, "share": None, "median": None, "p90": None}
    day = "2026-10-01T00:00:00Z"
    whole = {"period": "2026-Q4", "starts": day, "ends": day, "computed": day, "figures": [figure]}
    assert valid(schemas.figures(), whole)
    assert not valid(schemas.figures(), whole | {"figures": [figure | {"count": 7}]})
    assert not valid(schemas.figures(), whole | {"figures": [figure | {"share": 101}]})
    assert not valid(schemas.statements(), {"statements": [GOOD] * 101})
    assert not valid(schemas.notices(), {"notices": [{"sender": "Rosa"}]})


def test_a_cell_is_no_formula() -> None:
    text = exports.figures_csv([Public("notices", ("=HYPERLINK(1)", "-1", "@x"), 5)])
    assert text.splitlines()[1] == "notices,'=HYPERLINK(1),'-1,'@x,5,,,"
