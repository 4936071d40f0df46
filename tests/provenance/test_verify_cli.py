"""`python -m provenance.verify`: for people with a file, a certificate and a key, and nothing else of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from provenance.verify_cli import main
from tests.provenance.workshop import Workshop, footage, one_media_byte_changed, workshop

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("cli"), "ours")


def arguments(shop: Workshop, path: Path) -> list[str]:
    return [str(path), "--anchors", str(shop.folder / "claim/claim-root.pem"), "--log-vkey", shop.log.trust.vkey]


def test_it_runs_with_neither_settings_nor_database_nor_server(ours: Workshop, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "provenance.verify", *arguments(ours, ours.created()), "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert report["consent_when_made"]["verdict"] == "proven"


def test_it_imports_no_django(tmp_path: Path) -> None:
    program = "import sys, provenance.verify_cli; print([name for name in sys.modules if name.startswith('django')])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_answers_each_question_in_words(ours: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(ours, ours.remixed(ours.created()))) == 0
    said = capsys.readouterr().out
    assert "exactly what was signed" in said
    assert "on public record" in said
    assert "(parentOf)" in said
    assert "Nothing speaks against this file." in said


@pytest.mark.parametrize("data", [footage(), b"", b"hello"])
def test_a_file_that_proves_nothing_ends_with_status_one(
    ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    path = tmp_path / "file.mp4"
    path.write_bytes(data)
    assert main(arguments(ours, path)) == 1
    assert "Do not rely on this file." in capsys.readouterr().out


def test_a_tampered_file_ends_with_status_one(
    ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.mp4"
    path.write_bytes(one_media_byte_changed(ours.created().read_bytes()))
    assert main([*arguments(ours, path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["integrity"]["verdict"] == "tampered"


def test_the_logs_key_may_be_in_a_file(ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "log.vkey"
    key.write_text(ours.log.trust.vkey + "\n")
    assert main([*arguments(ours, ours.created())[:-1], str(key)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("spoilt", [0, 2, 4])
def test_what_was_asked_wrongly_ends_with_status_two_and_a_remedy(
    ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoilt: int
) -> None:
    asked = arguments(ours, ours.created())
    asked[spoilt] = str(tmp_path / "nothing")
    assert main(asked) == 2
    assert "nothing" in capsys.readouterr().err


def test_anchors_that_are_no_text_end_with_status_two(
    ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(b"\xff\xfe\x00")
    asked = arguments(ours, ours.created())
    asked[2] = str(anchors)
    assert main(asked) == 2
    assert "PEM" in capsys.readouterr().err
