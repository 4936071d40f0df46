"""Write the reports of a period to a folder; or propose and release what is published of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from consent import clock, staff
from consent.models import TransparencyReport
from consent.transparency import exports, figures, periods, reports, schemas, small
from ledger.problem import Problem

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from consent.transparency.periods import Period


class Command(BaseCommand):
    """Figures are written rounded; `--exact` is for an authority that may ask for them, and not to be published."""

    help = "Write figures, statements of reasons and redacted notices of a period, or publish its figures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the period, and for a folder or an act."""
        parser.add_argument("--period", required=True, help="2026-Q4, 2026-H2 or 2026")
        parser.add_argument("--out", type=Path, help="the folder; it is made, and files of before are replaced")
        parser.add_argument("--exact", action="store_true", help="also figures-exact.csv, which is not for the public")
        parser.add_argument("--act", choices=["propose", "release"], help="what to do about publishing it")
        parser.add_argument("--as", dest="user", help="the log-in name of the member of staff who acts")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Do it, and say what came of it."""
        try:
            period = periods.read(options["period"])
            if options["act"]:
                self.stdout.write(_acted(period, options["act"], options["user"] or ""))
        except Problem as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}") from problem
        if options["out"] is None and not options["act"]:
            raise CommandError("Name a folder with --out, or an act with --act.")
        for name, text in [] if options["out"] is None else _files(period, exact=options["exact"]):
            options["out"].mkdir(parents=True, exist_ok=True)
            (options["out"] / name).write_text(text, encoding="utf-8", newline="")
            self.stdout.write(str(options["out"] / name))


def _files(period: Period, *, exact: bool) -> list[tuple[str, str]]:
    counted = figures.counted(period)
    public = small.published(counted)
    report = TransparencyReport(period=period.code, computed_at=clock.now(), figures=[asdict(each) for each in public])
    batches = list(exports.statements(period))
    files = [
        ("figures.csv", exports.figures_csv(public)),
        ("figures.json", _json(exports.figures_json(report))),
        *((f"reasons-{number:03}.json", _json(each)) for number, each in enumerate(batches, 1)),
        ("reasons.csv", exports.statements_csv(batches)),
        ("notices.json", _json({"notices": list(exports.notices(period))})),
        ("figures.schema.json", _json(schemas.figures())),
        ("reasons.schema.json", _json(schemas.statements())),
        ("notices.schema.json", _json(schemas.notices())),
    ]
    return [*files, ("figures-exact.csv", exports.exact_csv(counted))] if exact else files


def _acted(period: Period, act: str, name: str) -> str:
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError("Name with --as a member of staff.")
    actor = staff.member(user, may=reports.RELEASE)
    if act == "propose":
        return f"proposed: {reports.propose(period, actor=actor)}; somebody else has to release it"
    waiting = TransparencyReport.objects.filter(period=period.code).order_by("-revision").first()
    if waiting is None:
        raise CommandError("Nothing is proposed for this period.")
    return f"published: {reports.release(waiting, actor=actor)}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
