"""The story that the product exists for, played against a running house as its people would play it.

Each method is one step, says what it saw, and raises if anything went otherwise. tests/flows/test_story.py plays the
same steps with closer eyes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from config.demo.cast import CLIP, PURPOSE, SHOWN_IN, USES, people, terms_for
from config.demo.person import Person, Refused
from config.demo.reader import SlowReader
from config.demo.report import Report, Step
from config.house import MODEL, House

PROMPT = "Ada walks through the hills at first light"
REMIX_PROMPT = "The same walk, at night"
PROMPTLY = 2  # seconds from her word to the acknowledgement
CLEAN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class WentWrong(AssertionError):  # noqa: N818 - the story's word for it
    """A step saw something else than the story tells."""


def expect(seen: object, told: str) -> None:
    """Raise `WentWrong` unless what was seen is true."""
    if not seen:
        raise WentWrong(told)


def refusal(attempt: Any) -> Refused:  # noqa: ANN401 - any callable
    """Return the refusal that `attempt()` ends in; raise `WentWrong` if it is let through."""
    try:
        attempt()
    except Refused as refused:
        return refused
    raise WentWrong("It was let through.")


@dataclass(slots=True)
class Story:
    """One telling. `folder` is what stays of it."""

    house: House
    report: Report
    folder: Path
    clip: Path = CLIP
    ada: Person = field(init=False)
    ben: Person = field(init=False)
    carl: Person = field(init=False)
    likeness: str = ""
    grant: dict[str, Any] = field(default_factory=dict)
    video: str = ""
    remix: str = ""
    queued: str = ""
    drained: str = ""

    def __post_init__(self) -> None:
        self.ada, self.ben, self.carl = people(self.house.url)
        for name in ("proofs", "trust"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """End everybody's connections."""
        for person in (self.ada, self.ben, self.carl):
            person.http.close()

    def tell(self) -> None:
        """Play every step in order."""
        steps = {
            "Ada, Ben and Carl open accounts with keys of their own": self.accounts,
            "Ada enrols her likeness with a calibration clip": self.enrol,
            "Ada reads what she permits Ben, clause by clause, and signs it": self.sign,
            "Everything so far is in the public log": self.prove,
            "Carl asks, and Ben asks for more than he may: both are refused, and told why": self.refuse,
            "Ben asks properly: a permit is minted, the render service makes the video": self.render,
            "The permit opens nothing a second time": self.spend,
            "The video is stamped, and an independent validator agrees": self.check,
            "Ben remixes it: Ada is asked again": self.make_remix,
            "Anybody can verify a file, and lies are caught": self.verify,
            "Ben's uses are used up": self.use_up,
            "Ada sees what a withdrawal would do, and takes it back": self.withdraw,
            "Ada leaves with what she signed, provable without us": self.export,
        }
        for name, play in steps.items():
            with self.report.step(name) as step:
                play(step)

    def accounts(self, step: Step) -> None:
        """Step 1a."""
        for person in (self.ada, self.ben, self.carl):
            person.sign_up()
        step.saw("Three Ed25519 keys, each proven by a signature; three API tokens, kept only as hashes.")

    def enrol(self, step: Step) -> None:
        """Step 1b: a clip from before does not answer a challenge; measured as it is, it is sealed under Ada's key."""
        clip = self.clip.read_bytes()
        self.likeness = self.ada.register()
        session = self.ada.answer_challenge(self.likeness, clip)
        missed = [check["name"] for check in session["checks"] if not check["passed"]]
        expect(session["state"] == "open" and missed, f"The session is {session['state']}, missed: {missed}.")
        assurance = self.ada.enrol(self.likeness, clip)
        expect(assurance == "measured-only", f"The clip counts as {assurance}.")
        kept = [file for file in (self.house.plan.var / "vault").rglob("*") if file.is_file()]
        expect(kept, "No sealed clip is in the vault.")
        expect(all(clip[4096:8192] not in file.read_bytes() for file in kept), "The clip lies in the clear.")
        digits = " ".join(session["digits"])
        step.saw(
            f"A session asked for {len(session['steps']) - 1} head turns and the digits {digits}. A clip from before "
            f"does not answer it (not passed: {', '.join(missed)}). So {len(clip):,} bytes were measured only (one "
            "face that moves, a voice that speaks), which proves nobody's presence, and sealed under her key."
        )

    def sign(self, step: Step) -> None:
        """Step 2: what she reads is what she signs; signed bytes are kept, a changed byte is refused."""
        draft = self.ada.draft(self.likeness, terms_for(self.ben.party))
        document = draft["document"]
        self.report.show(draft["text"])
        signature = self.ada.sign("grant", document)
        altered = json.loads(json.dumps(document).replace('"entertainment"', '"advertising"'))
        caught = refusal(lambda: self.ada.grant(altered, signature))
        self.grant = self.ada.grant(document, signature)
        (self.folder / "proofs/grant.txt").write_text(draft["text"])
        step.saw(f"Signed as shown; the same signature under another purpose was refused ({caught.code}).")

    def prove(self, step: Step) -> None:
        """Step 3: the grant's inclusion, checked by programs that share no code with the log's writer."""
        proof = self._proof_of(self.grant["entry"])
        (self.folder / "proofs/grant.tlog-proof").write_text(proof)
        log = self.house.plan.var / "log"
        run([sys.executable, "-m", "ledger.verifier", "log", str(log), "--vkey", self.vkey, *self.witness_vkeys])
        index = int(proof.splitlines()[1].removeprefix("index ")) if proof.splitlines()[1].startswith("index") else 0
        other = checked_by_others(log, index)
        size = (log / "checkpoint").read_text().splitlines()[1]
        step.saw(f"{size} entries under a checkpoint, signed and witnessed; the grant is entry {index}; {other}.")

    def refuse(self, step: Step) -> None:
        """Step 4: denied with reasons, to each what they may know, and Ada sees who asked."""
        stranger = self.carl.may_i([self.likeness], purpose=PURPOSE, seconds=4)
        beyond = self.ben.may_i([self.likeness], purpose="advertising", seconds=30)
        expect(stranger["outcome"] == beyond["outcome"] == "deny", "Somebody would be let through.")
        real = refusal(lambda: self.carl.request_video(PROMPT, [self.likeness], purpose=PURPOSE))
        expect(real.problem["reasons"] == stranger["reasons"], "The real thing gave other reasons than the question.")
        attempts = self.ada.call("GET", "/v1/attempts")["items"]
        asked = [attempt["client"]["handle"] for attempt in attempts if attempt["outcome"] == "deny"]
        expect(sorted(asked) == ["ben", "carl", "carl"], f"Ada sees denied attempts of {asked}.")
        step.saw(
            f"Ben, for 30 seconds of advertising, anywhere: {clauses(beyond)}. "
            f"Carl, whether he asks first or just tries: {clauses(stranger)}. Ada sees all three refused attempts."
        )

    def render(self, step: Step) -> None:
        """Step 5 and 6: one request, sent twice with one key, is one render."""
        asked = [self._ask(key="story-1") for _ in range(2)]
        self.video = asked[0]["id"]
        expect(asked[1]["id"] == self.video, "The repeated request made a second video.")
        done = self.ben.wait_for(self.video)
        expect(done["status"] == "completed", f"The video failed: {done.get('error')}")
        size = self.ben.download(self.video, self.folder / "video.mp4")
        self._keep_video(self.video, "video.mp4")
        step.saw(f"{size:,} bytes of H.264 and AAC by {MODEL}; the repeated request cost nothing.")

    def spend(self, step: Step) -> None:
        """Step 5: replayed, forged and altered permits are refused by the service itself."""
        token = self._stolen_permit()
        payload, signature = token.split(".")
        forged = {"replayed": token, "altered": f"{payload[:-4]}AAAA.{signature}", "forged": f"{payload}.{'A' * 86}"}
        codes = {name: self._submit(permit) for name, permit in forged.items()}
        expect(all(status in {403, 409} for status, _code in codes.values()), f"A permit was taken: {codes}")
        step.saw("; ".join(f"{name}: {status} {code}" for name, (status, code) in codes.items()) + ".")

    def check(self, step: Step) -> None:
        """Step 6: our verifier and an engine that is not ours look at the same file."""
        anchors = self.house.plan.var / "claim/claim-root.pem"
        shutil.copy(anchors, self.folder / "trust/c2pa-anchors.pem")
        (self.folder / "trust/log.vkey").write_text(self.vkey + "\n")
        witnesses = "".join(f"{witness['vkey']}\n" for witness in self.house.witnesses())
        (self.folder / "trust/witnesses.txt").write_text(witnesses)
        clocks = Path(self.house.environment["PROVENANCE_TSA_ROOTS"])
        shutil.copy(clocks, self.folder / "trust/tsa-anchors.pem")
        self.report.trust = {"c2pa_anchors": "trust/c2pa-anchors.pem", "tsa_anchors": "trust/tsa-anchors.pem"}
        (self.folder / "proofs/video.receipt").write_bytes(self._published(f"/v1/videos/{self.video}/receipt").content)
        found = self._verify(self.folder / "video.mp4")
        expect(found["integrity"]["verdict"] == "intact", found["integrity"])
        expect(found["consent_when_made"]["verdict"] == "proven", found["consent_when_made"])
        opinion = second_opinion(self.folder / "video.mp4", anchors, clocks)
        step.saw(f"Intact, signed by us at {found['signed_at']}, consent proven. {opinion}")

    def make_remix(self, step: Step) -> None:
        """Step 7: the remix names its parent, and rests on Ada's consent of now."""
        body = {"prompt": REMIX_PROMPT}
        asked = self.ben.call("POST", f"/v1/videos/{self.video}/remix", json=body)
        self.remix = asked["id"]
        refusal(lambda: self.carl.call("POST", f"/v1/videos/{self.video}/remix", json=body))
        done = self.ben.wait_for(self.remix)
        expect(done["status"] == "completed", f"The remix failed: {done.get('error')}")
        self.ben.download(self.remix, self.folder / "remix.mp4")
        self._keep_video(self.remix, "remix.mp4")
        parents = self._verify(self.folder / "remix.mp4")["lineage"]["parents"]
        expect(any(self.video in str(parent) for parent in parents), f"Its parents are {parents}")
        step.saw("The remix carries its parent as an ingredient; Carl may not even see that there is one.")

    def verify(self, step: Step) -> None:
        """Step 8: one changed byte is tampering, a plain file has no provenance; neither is the other."""
        data = bytearray((self.folder / "video.mp4").read_bytes())
        media = data.rindex(b"mdat") + (len(data) - data.rindex(b"mdat")) // 2
        data[media] ^= 1
        changed, plain = self.folder / "changed.part", self.clip
        changed.write_bytes(data)
        answers = [self._verify(file)["integrity"]["verdict"] for file in (changed, plain)]
        changed.unlink()
        expect(answers == ["tampered", "no_provenance"], f"They were called {answers}.")
        step.saw("One byte changed: tampered. Ada's own clip: no provenance. The answers are separate.")

    def use_up(self, step: Step) -> None:
        """Step 9: each permit counts one use; when they are used up, the next request is refused by that clause."""
        self.queued = self._ask()["id"]
        caught = refusal(self._ask)
        expect(str(reasons(caught)) == "quota_exhausted", f"He was refused for {reasons(caught)}.")
        step.saw(f"Video, remix and one more under way are {USES} of {USES}. Another: {clauses(caught.problem)}.")

    def withdraw(self, step: Step) -> None:
        """Step 10: a preview; then within two seconds of her word nothing plays, here or in what was made from it."""
        what = {"likeness": self.likeness}
        before = self.ada.call("POST", "/v1/withdrawals/preview", json=what)
        grants, shown, jobs = before["consent"]["grants"], before["videos"]["shown"], before["videos"]["jobs"]
        told = before["consent"]["told_first"]
        expect((grants, shown, jobs, told) == (1, {"hide": 2}, 1, ["ben"]), f"The preview says {before}.")
        reader = SlowReader(self.ben, self.video)
        reader.start()
        expect(reader.playing.wait(10), "The download did not begin.")
        begun = time.monotonic()
        answer = self.ada.call("POST", "/v1/withdrawals", json=what)
        took = time.monotonic() - begun
        expect(answer["state"] == "effective", f"The withdrawal is {answer['state']}.")
        self.drained = answer["drained_entry"]
        expect(took <= PROMPTLY, f"The acknowledgement took {took:.2f} s.")
        for video in (self.video, self.remix):
            for part in ({}, {"headers": {"Range": "bytes=0-99"}}, {"params": {"variant": "thumbnail"}}):
                status = self.ben.ask("GET", f"/v1/videos/{video}/content", **part).status_code
                expect(status == httpx2.codes.GONE, f"{video} {part} answered {status}.")
        refusal(self._ask)
        cancelled = self.ben.wait_for(self.queued, 10)
        expect(cancelled["status"] == "failed", f"The queued job is {cancelled['status']}.")
        reader.join(10)
        size = (self.folder / "video.mp4").stat().st_size
        expect(reader.cut, "The running download was not cut off.")
        expect(reader.received < size / 2, f"The download got {reader.received:,} of {size:,} bytes.")
        since = self._verify(self.folder / "video.mp4")["since"]["verdict"]
        expect(since == "withdrawn", f"The file is said to be {since}.")
        step.saw(
            f"Preview: ends {grants} grant and {jobs} job, hides {shown['hide']} videos, tells {told[0]}. "
            f"Acknowledged after {took:.2f} s. Video, remix, ranges, thumbnails: refused. A running download stopped "
            f"after {reader.received:,} of {size:,} bytes. The queued job: {cancelled['error']['code']}. "
            "The file now says: consented when made, withdrawn since."
        )

    def export(self, step: Step) -> None:
        """Step 11: the bundle verifies with no database, no server and none of our code in reach."""
        self._proof_of(self.drained)  # the last of her acts is published: so are all before it
        bundle = self.folder / "proofs/ada.json"
        bundle.write_bytes(self.ada.ask("GET", "/v1/export").content)
        shutil.copytree(self.house.plan.var / "log", self.folder / "log", dirs_exist_ok=True)
        verify = [sys.executable, "-m", "ledger.verifier", "bundle", str(bundle), "--log-vkey", self.vkey]
        said = run([*verify, *self.witness_vkeys])
        self.report.proofs = sorted(f"proofs/{file.name}" for file in (self.folder / "proofs").iterdir())
        self.report.log = {"dir": "log", "origin": self.house.plan.origin, "vkey": self.vkey}
        witnesses = self.house.witnesses()
        self.report.log["witnesses"] = [{"name": one["name"], "vkey": one["vkey"]} for one in witnesses]
        step.saw(said.strip().splitlines()[-1])

    @property
    def vkey(self) -> str:
        """The log's verifier key, as the export carries it."""
        return str(self.ada.call("GET", "/v1/export")["log"]["vkey"])

    @property
    def witness_vkeys(self) -> list[str]:
        """The options by which the verifier demands the cosignature of every witness."""
        return [part for witness in self.house.witnesses() for part in ("--witness-vkey", witness["vkey"])]

    def _proof_of(self, entry: str) -> str:
        return self._published(f"/v1/entries/{entry}/proof").text

    def _published(self, path: str) -> httpx2.Response:
        """Ask for something that is there once a checkpoint covers its entry."""
        deadline = time.monotonic() + 30
        while (answer := self.ada.ask("GET", path)).status_code != httpx2.codes.OK:
            expect(time.monotonic() < deadline, f"The entry was not published: {answer.text}")
            time.sleep(0.1)
        return answer

    def _ask(self, key: str | None = None) -> dict[str, Any]:
        """Have Ben ask for what Ada permits."""
        return self.ben.request_video(PROMPT, [self.likeness], purpose=PURPOSE, shown_in=SHOWN_IN, key=key)

    def _stolen_permit(self) -> str:
        with psycopg.connect(self.house.environment["DATABASE_URL"]) as session:
            found = session.execute("SELECT token FROM consent_permit WHERE video = %s", [self.video]).fetchone()
        expect(found, "No permit of the video is on record.")
        return str(found[0])  # type: ignore[index]

    def _submit(self, permit: str) -> tuple[int, str]:
        order = {"prompt": PROMPT, "model": MODEL, "seconds": "4", "size": "1280x720"}
        token = json.loads(self.house.environment["GPU_RENDERERS"])[0]["token"]
        headers = {"Countenance-Permit": permit, "Authorization": f"Bearer {token}"}
        parts = {name: (None, value) for name, value in order.items()}
        answer = httpx2.post(f"{self.house.renderer_url}/v1/videos", files=parts, headers=headers, trust_env=False)
        return answer.status_code, str(answer.json()["error"]["code"])

    def _verify(self, file: Path) -> dict[str, Any]:
        with file.open("rb") as data:
            return self.carl.call("POST", "/v1/verifications", files={"file": ("file.mp4", data, "video/mp4")})

    def _keep_video(self, video: str, name: str) -> None:
        manifest, status = f"urn:c2pa:{video}:countenance", f"{self.house.url}/v1/videos/{video}/status"
        self.report.videos.append({"id": video, "file": name, "manifest": manifest, "status_url": status})


def reasons(refused: Refused) -> str:
    """Return the reasons of a denial as the API gives them."""
    return ", ".join(sorted({str(reason["reason"]) for reason in refused.problem.get("reasons", [])})) or refused.code


def clauses(answer: dict[str, Any]) -> str:
    """Return the reasons of an answer, each with the clause of the grant that says so, where the asker may know it."""
    said = [f"{one['reason']} ({one['clause']})" if one["clause"] else one["reason"] for one in answer["reasons"]]
    return ", ".join(said)


def checked_by_others(log: Path, index: int) -> str:
    """Have tlog-scales, which is not ours, recompute an entry's inclusion from the published files."""
    program = Path(sys.executable).with_name("tlog-tiles")
    if not program.exists():
        return "tlog-scales is not installed: its check was left out"
    run([str(program), "get-leaf", "-c", str(log), str(index)])
    return "tlog-scales agrees"


def run(command: list[str]) -> str:
    """Run a program that needs nothing of ours: no environment, no server. Return what it printed."""
    done = subprocess.run(
        command, env=CLEAN, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    if done.returncode == 0:
        return done.stdout
    raise WentWrong(f"{' '.join(command[1:4])} said: {done.stdout[-800:]}{done.stderr[-800:]}")


def second_opinion(file: Path, anchors: Path, clocks: Path) -> str:
    """Ask encypher-c2pa, an engine of somebody else's, about the file; raise `WentWrong` if it disagrees."""
    try:
        from encypher_c2pa import verify
    except ImportError:
        return "encypher-c2pa is not installed: its opinion was left out."
    found = verify(
        str(file), "video/mp4", trust_pem=anchors.read_text(), tsa_trust_pem=clocks.read_text(),
        no_default_trust=True, telemetry=False, online=False,
    )  # fmt: skip
    seen = found["integrity"], found["signature"], found["hard_binding"], found["trust"]["status"]
    expect(seen == ("valid", "valid", "match", "valid_for_supplied_material"), f"encypher-c2pa says {seen}.")
    return f"encypher-c2pa agrees. sha256 {hashlib.sha256(file.read_bytes()).hexdigest()[:16]}…"
