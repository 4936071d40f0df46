"""`python -m provenance.verify`: for people with a file, a certificate and a key, and nothing else of ours."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provenance import progress
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


@pytest.mark.parametrize(("data", "status"), [(footage(), 1), (b"", 3), (b"hello", 3)], ids=["plain", "empty", "text"])
def test_a_file_that_proves_nothing_ends_with_one_and_what_cannot_be_checked_with_three(
    ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, status: int
) -> None:
    path = tmp_path / "file.mp4"
    path.write_bytes(data)
    assert main(arguments(ours, path)) == status
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


def test_several_files_are_answered_each_and_the_gravest_is_the_status(
    ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, plain, empty = ours.created(), tmp_path / "plain.mp4", tmp_path / "empty.mp4"
    plain.write_bytes(footage())
    empty.touch()
    common = arguments(ours, good)[1:]
    assert main([str(good), str(empty), *common]) == 3
    said = capsys.readouterr().out
    assert said.index(f"== {good}") < said.index("Nothing speaks against this file.") < said.index(f"== {empty}")
    assert main([str(good), str(plain), str(empty), *common, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(each["file"], each["integrity"]["verdict"]) for each in found] == [
        (str(good), "intact"),
        (str(plain), "no_provenance"),
        (str(empty), "could_not_check"),
    ]


def test_a_folder_a_pipe_and_a_missing_file_are_told_and_do_not_stop_the_others(
    ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, pipe = ours.created(), tmp_path / "pipe"
    os.mkfifo(pipe)  # opened, it would wait for ever
    assert main([str(tmp_path), str(pipe), str(tmp_path / "none"), *arguments(ours, good)]) == 2
    said = capsys.readouterr()
    assert "is a folder. Name the files in it." in said.err
    assert "a device or a pipe" in said.err
    assert "none cannot be read: No such file or directory." in said.err
    assert "Nothing speaks against this file." in said.out
    assert main([str(tmp_path), *arguments(ours, good)[1:], "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_a_name_that_moves_the_cursor_is_printed_without_its_power(
    ours: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = ours.created()
    evil = tmp_path / "a\x1b[2J\u202egp4.mp4"
    evil.write_bytes(good.read_bytes())
    assert main([str(evil), str(evil), *arguments(ours, good)[1:]]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_how_far_a_large_file_is_read_is_told_on_a_terminal_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LARGE", 1000)
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.01)
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    terminal, file = Terminal(), io.StringIO()
    for told in (terminal, file):
        with path.open("rb", buffering=0) as source, progress.told(source, "file", told):
            source.seek(430)
            deadline = time.monotonic() + 5
            while "43 %" not in told.getvalue() and told.isatty() and time.monotonic() < deadline:
                time.sleep(0.01)
    assert "file: at 43 % of 0 MB" in terminal.getvalue()
    assert terminal.getvalue().endswith(progress.CLEAR)
    assert file.getvalue() == ""
