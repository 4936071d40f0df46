"""The story of the demo, step by step, in a house of real processes. Each test builds on the one before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import psycopg
import pytest

from config.demo.cast import PURPOSE, terms_for
from config.demo.person import Refused
from config.demo.report import Report, Step
from config.demo.story import CLEAN, PROMPT, Story
from config.house import ALONE, House
from ledger.cosignature import Cosigner
from tests.flows import drop_in


@pytest.fixture(scope="module")
def story(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("told")
    with closing(Story(house, Report(folder, print), folder)) as told:
        yield told


@pytest.fixture
def step(request: pytest.FixtureRequest) -> Step:
    return Step(request.node.name)


@pytest.fixture
def session(house: House) -> Iterator[psycopg.Connection]:
    with psycopg.connect(house.environment["DATABASE_URL"], autocommit=True) as connection:
        yield connection


def one(session: psycopg.Connection, query: str, *values: object) -> object:
    found = session.execute(query, values).fetchone()
    assert found is not None
    return found[0]


def test_1_parties_get_accounts_and_keys(story: Story, step: Step, session: psycopg.Connection) -> None:
    story.accounts(step)
    kept = session.execute("SELECT encode(digest, 'hex') FROM consent_apitoken").fetchall()
    assert story.ada.token not in str(kept)
    assert story.ada.call("GET", "/v1/parties/me")["handle"] == "ada"


def test_1_a_clip_that_is_no_video_is_refused_by_name(story: Story) -> None:
    likeness = story.ada.call("POST", "/v1/likenesses", json={"name": "Second", "kind": "person"})["id"]
    for clip in (b"", b"no video at all", (story.clip.read_bytes())[:40_000]):
        answer = story.ada.ask("POST", f"/v1/likenesses/{likeness}/enrolments", files={"clip": ("a.mp4", clip)})
        assert answer.status_code in {413, 422}
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["remedy"]


def test_1_ada_enrols_and_her_clip_never_lies_in_the_clear(story: Story, step: Step, house: House) -> None:
    story.enrol(step)
    assert "not passed: " in step.detail  # the session's checks, by a clip that answers another challenge
    assert len(story.ada.call("GET", "/v1/likenesses")["items"]) == 2  # one of the test before
    piece = story.clip.read_bytes()[8192:8256]
    for file in house.plan.var.rglob("*"):
        if file.is_file() and not file.is_symlink():
            assert piece not in file.read_bytes(), f"{file.name} holds the clip in the clear"


def test_2_a_signed_grant_is_kept_and_a_changed_byte_is_refused(story: Story, step: Step) -> None:
    story.sign(step)
    assert "permit-" not in step.detail
    read = (story.folder / "proofs/grant.txt").read_text()
    assert read.startswith("You permit")
    assert f"{story.ben.name} (party {story.ben.party}), at most 3 videos" in read
    assert "No video longer than 12 seconds." in read


def test_2_an_unknown_field_in_a_statement_is_named(story: Story) -> None:
    document = story.ada.draft(story.likeness, terms_for(story.ben.party))["document"]
    document["terms"]["everyone"] = True
    with pytest.raises(Refused) as refused:
        story.ada.grant(document)
    assert refused.value.problem["errors"][0]["pointer"].endswith("/terms/everyone")


def test_3_the_grant_is_in_the_log_by_the_word_of_other_programs(story: Story, step: Step, house: House) -> None:
    story.prove(step)
    assert "tlog-scales agrees" in step.detail
    assert "0 wrong" in house.manage("ledger_fsck") or house.manage("ledger_fsck")


def test_4_carl_is_denied_and_ben_beyond_his_purpose_and_ada_sees_both(story: Story, step: Step) -> None:
    story.refuse(step)
    assert "no_grant. Ada" in step.detail  # Carl hears of no clause
    assert "purpose (/terms/purposes)" in step.detail
    assert "seconds_exhausted (/terms/limits/seconds_each)" in step.detail
    assert "territory (/terms/territories)" in step.detail


def test_5_ben_gets_one_video_for_a_request_sent_twice(story: Story, step: Step, session: psycopg.Connection) -> None:
    story.render(step)
    assert one(session, "SELECT count(*) FROM gpu_client_renderjob WHERE video = %s", story.video) == 1
    health = httpx2.get(f"{story.house.renderer_url}/healthz", trust_env=False).json()
    assert (health["accepted"], health["completed"]) == (1, 1)


def test_5_the_same_key_for_another_body_is_refused(story: Story) -> None:
    with pytest.raises(Refused) as refused:
        story.ben.request_video("Something else", [story.likeness], purpose=PURPOSE, key="story-1")
    assert refused.value.status == 422


def test_5_a_permit_opens_nothing_twice_nor_altered_nor_forged(story: Story, step: Step) -> None:
    story.spend(step)


def test_6_the_stamped_file_is_intact_by_our_word_and_another_engines(story: Story, step: Step) -> None:
    story.check(step)
    assert "encypher-c2pa agrees" in step.detail


def test_6_nobody_else_may_fetch_it_and_cannot_tell_it_from_nothing(story: Story) -> None:
    there = story.carl.ask("GET", f"/v1/videos/{story.video}")
    nowhere = story.carl.ask("GET", "/v1/videos/00000000-0000-4000-8000-000000000000")
    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace(story.video, "") == nowhere.text.replace("00000000-0000-4000-8000-000000000000", "")


def test_7_a_remix_names_its_parent_and_carl_may_not_make_one(story: Story, step: Step) -> None:
    story.make_remix(step)


def test_8_verification_tells_tampered_from_unknown(story: Story, step: Step) -> None:
    story.verify(step)


def test_8_the_file_verifies_offline(story: Story) -> None:
    command = [sys.executable, "-m", "provenance.verify", str(story.folder / "video.mp4"), "--json"]
    command += ["--anchors", str(story.folder / "trust/c2pa-anchors.pem"), "--log-vkey", story.vkey]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}, cwd=Path.cwd()
    )
    found = json.loads(done.stdout)
    assert found["integrity"]["verdict"] == "intact"
    assert found["consent_when_made"]["verdict"] == "proven"
    assert found["since"]["verdict"] == "could_not_check"


def test_9_no_more_uses_than_she_permitted(story: Story, step: Step, session: psycopg.Connection) -> None:
    story.use_up(step)
    assert "quota_exhausted (/terms/audience/parties/0/uses)" in step.detail
    assert one(session, "SELECT count(*) FROM provenance_video") == 3


def test_10_the_preview_is_true_and_withdrawal_stops_everything_within_two_seconds(story: Story, step: Step) -> None:
    story.withdraw(step)
    assert "Preview: ends 1 grant and 1 job, hides 2 videos, tells ben." in step.detail


def test_10_consequences_have_reached_the_videos_and_the_log(story: Story, session: psycopg.Connection) -> None:
    states = session.execute("SELECT DISTINCT state FROM provenance_video WHERE state <> 'failed'").fetchall()
    assert states == [("withheld",)]
    kinds = {kind for (kind,) in session.execute("SELECT kind FROM ledger_entry").fetchall()}
    assert {"consent.withdrawn", "withdrawal.drained", "render.cancelled", "video.withheld"} <= kinds


def test_11_the_export_verifies_without_us(story: Story, step: Step) -> None:
    story.export(step)
    assert (story.folder / "log/checkpoint").exists()
    (witness,) = story.report.log["witnesses"]
    assert (story.folder / "trust/witnesses.txt").read_text() == witness["vkey"] + "\n"
    assert f"\u2014 {witness['name']} " in (story.folder / "log/checkpoint").read_text()


def test_11_another_witness_than_those_that_signed_is_not_made_up(story: Story) -> None:
    stranger = Cosigner("stranger.example/w", bytes(32)).vkey()
    for command in (
        ["bundle", str(story.folder / "proofs/ada.json"), "--log-vkey", story.vkey],
        ["log", str(story.folder / "log"), "--vkey", story.vkey],
    ):
        verify = [sys.executable, "-m", "ledger.verifier", *command]
        for more, code in (([], 0), (story.witness_vkeys, 0), (["--witness-vkey", stranger], 1)):
            assert subprocess.run([*verify, *more], capture_output=True, check=False, cwd=Path.cwd()).returncode == code


def test_the_witness_stands_apart(house: House) -> None:
    (pid,) = [process.pid for name, process in house.processes.running if name == "witness"]
    told = Path(f"/proc/{pid}/environ").read_text().split("\0")
    assert {line.partition("=")[0] for line in told if line} == set(ALONE)
    assert (house.plan.var / "witness").stat().st_mode & 0o077 == 0


def test_11_a_spoiled_export_does_not(story: Story) -> None:
    bundle = json.loads((story.folder / "proofs/ada.json").read_text())
    grant = next(act for act in bundle["acts"] if act["kind"] == "grant.recorded")
    grant["statement"]["document"]["terms"]["purposes"] = ["advertising"]
    spoiled = story.folder / "spoiled.json"
    spoiled.write_text(json.dumps(bundle))
    command = [sys.executable, "-m", "ledger.verifier", "bundle", str(spoiled), "--log-vkey", story.vkey]
    assert subprocess.run(command, capture_output=True, check=False, cwd=Path.cwd()).returncode == 1


def test_11_the_commands_of_the_readme_hold(story: Story) -> None:
    root = Path(__file__).resolve().parents[2]
    lines = [line for line in (root / "README.md").read_text().splitlines() if line.startswith(".venv/bin/")]
    assert len(lines) >= 3
    for line in lines:
        command = line.replace(".venv/bin/", f"{Path(sys.executable).parent}/").replace("var/demo", str(story.folder))
        done = subprocess.run(["sh", "-c", command], cwd=root, env=CLEAN, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_12_the_stock_sdk_of_that_api_runs_its_course_with_another_address_and_key(story: Story, house: House) -> None:
    holder, app = drop_in.granted(house.url)
    found = drop_in.course(house.url, holder, app)
    assert found["made"].status == "completed", found["made"]  # type: ignore[attr-defined]  # a Video of the SDK
    assert found["data"][4:8] == b"ftyp"  # type: ignore[index]  # bytes
    assert found["sheet"].startswith(b"\xff\xd8\xff")  # type: ignore[attr-defined]  # bytes
    assert found["children"] == {found["made"].id}  # type: ignore[attr-defined]  # as above
    assert (found["listed"], found["deleted"]) == (3, [True] * 3)


def test_the_whole_record_still_adds_up(house: House) -> None:
    assert house.manage("ledger_fsck")


def test_prompts_reach_no_log_line(house: House) -> None:
    assert [log.name for log in (house.plan.var / "logs").glob("*.log") if PROMPT in log.read_text()] == []
