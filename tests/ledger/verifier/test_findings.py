"""What the verifier says, and the code it ends with."""

from __future__ import annotations

import pytest

from ledger.verifier.cli import main
from ledger.verifier.findings import CouldNotCheck, Findings, NotTrue, require


def ended(*outcomes: BaseException | None) -> Findings:
    findings = Findings()
    for outcome in outcomes:
        with findings.check("it"):
            if outcome is not None:
                raise outcome
    return findings


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 3),
        ([None], 0),
        ([None, CouldNotCheck("x")], 3),
        ([CouldNotCheck("x"), NotTrue("x"), None], 1),
        ([ValueError("x")], 1),
        ([RecursionError()], 1),
    ],
)
def test_the_worst_line_decides(outcomes: list[BaseException | None], code: int) -> None:
    assert ended(*outcomes).code() == code


def test_require_raises() -> None:
    require([1], "x")
    with pytest.raises(NotTrue, match="why"):
        require([], "why")


def test_input_cannot_write_lines_of_the_report(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    from ledger.verifier.cli import _printable

    assert _printable("a\n  1. ok\x1b[2J\u202e") == "a\\n  1. ok\\x1b[2J\\u202e"
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "Exit codes: 0 all true" in capsys.readouterr().out
