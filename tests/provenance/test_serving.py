"""Gate 4 as an answer: what is sent, to which request, and what is refused before the first byte."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponseBase, StreamingHttpResponse
from hypothesis import given
from hypothesis import strategies as st

from consent import clock, revocations, standing
from consent.models import Grant
from ledger import prepared
from provenance import leases, renders, serving
from provenance.body import LeaseLost
from provenance.leases import ConsentWithdrawn
from provenance.models import Video
from provenance.serving import ContentUnavailable, byte_range
from tests.provenance import world as w

DATA = bytes(range(256)) * 1000


def get(video: Video, variant: str = "video", method: str = "GET", **headers: str) -> HttpResponseBase:
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return serving.serve(video, variant, method=method, headers=given_headers, environ={})


def sent(response: HttpResponseBase) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    return b"".join(response)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, (0, 10)),
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=8-99", (8, 10)),
        ("bytes=-", (0, 10)),
        ("bytes=3-1", (0, 10)),
        ("bytes=0-1,4-5", (0, 10)),
        ("frames=0-1", (0, 10)),
        ("bytes=a-b", (0, 10)),
        ("bytes=\u0661-2", (0, 10)),
    ],
)
def test_a_range_header_means_what_the_rfc_says(header: str | None, expected: tuple[int, int]) -> None:
    assert byte_range(header, 10) == range(*expected)


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", f"bytes={10**17}-"])
def test_a_range_beyond_the_end_is_empty(header: str) -> None:
    assert len(byte_range(header, 10)) == 0


@given(header=st.text(max_size=40) | st.from_regex(r"bytes=[0-9]{0,18}-[0-9]{0,18}"), size=st.integers(0, 10**12))
def test_a_range_never_leaves_the_file(header: str, size: int) -> None:
    found = byte_range(header, size)
    assert 0 <= found.start <= size
    assert found.stop <= size


@pytest.mark.django_db
class TestServing:
    def test_the_whole_video_is_sent_with_what_browsers_must_know(self) -> None:
        video = w.shown(w.world().ask(), DATA)
        response = get(video)
        assert response.status_code == 200
        assert sent(response) == DATA
        assert response.headers["Content-Type"] == "video/mp4"
        assert response.headers["Content-Length"] == str(len(DATA))
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Disposition"].startswith("attachment")

    def test_no_chunk_is_larger_than_what_a_lease_may_hand_out(self) -> None:
        response = get(w.shown(w.world().ask(), DATA))
        assert isinstance(response, StreamingHttpResponse)
        assert max(map(len, response)) <= 64 * 1024

    def test_a_range_is_sent_as_a_part(self) -> None:
        response = get(w.shown(w.world().ask(), DATA), Range="bytes=1000-1999")
        assert response.status_code == 206
        assert response.headers["Content-Range"] == f"bytes 1000-1999/{len(DATA)}"
        assert sent(response) == DATA[1000:2000]

    def test_a_range_that_cannot_be_satisfied_is_416(self) -> None:
        response = get(w.shown(w.world().ask(), DATA), Range=f"bytes={len(DATA)}-")
        assert response.status_code == 416
        assert response.headers["Content-Range"] == f"bytes */{len(DATA)}"

    def test_if_range_matches_nothing_since_no_validator_is_sent(self) -> None:
        assert get(w.shown(w.world().ask(), DATA), Range="bytes=0-1", If_Range='"x"').status_code == 200

    def test_head_tells_the_length_and_sends_nothing(self) -> None:
        response = get(w.shown(w.world().ask(), DATA), method="HEAD")
        assert response.headers["Content-Length"] == str(len(DATA))
        assert not response.streaming
        assert response.content == b""  # type: ignore[attr-defined]

    def test_a_thumbnail_is_a_picture(self) -> None:
        response = get(w.shown(w.world().ask(), DATA), "thumbnail")
        assert response.headers["Content-Type"] == "image/jpeg"
        assert sent(response).startswith(b"\xff\xd8")

    def test_another_variant_does_not_exist(self) -> None:
        with pytest.raises(ContentUnavailable):
            get(w.shown(w.world().ask(), DATA), "../../etc/passwd")

    def test_before_there_is_a_file_there_is_no_content(self) -> None:
        with pytest.raises(ContentUnavailable):
            get(w.world().ask())

    def test_a_file_that_is_gone_is_no_fault_that_shows_its_path(self) -> None:
        video = w.shown(w.world().ask(), DATA)
        (Path(settings.MEDIA_ROOT) / video.path).unlink()
        with pytest.raises(ContentUnavailable) as refused:
            get(video)
        assert str(settings.MEDIA_ROOT) not in refused.value.detail

    @pytest.mark.parametrize("variant", ["video", "thumbnail"])
    @pytest.mark.parametrize(
        ("method", "header"), [("GET", ""), ("GET", "bytes=0-1"), ("GET", "bytes=-1"), ("HEAD", "")]
    )
    def test_after_a_withdrawal_everything_is_refused_before_the_first_byte(
        self, variant: str, method: str, header: str
    ) -> None:
        world = w.world()
        video = w.shown(world.ask(), DATA)
        revocations.withdraw_grant(world.grant, actor=world.ada.party)
        with pytest.raises(ConsentWithdrawn) as refused:
            get(video, variant, method, **({"Range": header} if header else {}))
        assert refused.value.status == 410

    def test_a_grant_that_expired_is_as_good_as_none(self) -> None:
        world = w.world()
        video = w.shown(world.ask(), DATA)
        Grant.objects.filter(pk=world.grant.pk).update(not_after=clock.now())
        with pytest.raises(ConsentWithdrawn):
            get(video)

    def test_a_withheld_video_is_refused_although_every_grant_stands(self) -> None:
        video = w.shown(w.world().ask(), DATA)
        Video.objects.filter(pk=video.pk).update(state="withheld", error_code="consent-withdrawn")
        video.refresh_from_db()
        with pytest.raises(ConsentWithdrawn):
            get(video)

    def test_a_video_that_shows_nobody_is_never_served(self) -> None:
        video = w.shown(w.world().ask(), DATA)
        video.appearances.all().delete()
        with pytest.raises(ConsentWithdrawn):
            get(video)

    def test_a_remix_stops_with_its_parents_grant_at_once_without_the_cascade(self) -> None:
        world = w.world()
        parent = w.shown(world.ask(), DATA)
        older = parent.appearances.get().grant
        w.grant(world.ada, world.likeness, world.ben, lasts=timedelta(days=30))
        remix = w.shown(renders.remix(parent, prompt="By night", actor=world.ben.party), b"remix")
        third = w.shown(renders.remix(remix, prompt="By day", actor=world.ben.party), b"third")
        assert get(third).status_code == 200
        revocations.withdraw_grant(older, actor=world.ada.party)
        for video in (parent, remix, third):
            with pytest.raises(ConsentWithdrawn):
                get(video)

    def test_an_answer_about_one_likeness_is_no_answer_about_another(self) -> None:
        world = w.world()
        eve = w.person("eve")
        other = w.likeness_of(eve)
        theirs = w.grant(eve, other, world.ben)
        video = w.shown(world.ask(cast=[world.likeness.pk, other.pk]), DATA)
        revocations.withdraw_grant(theirs, actor=eve.party)
        with pytest.raises(ConsentWithdrawn):
            get(video)

    def test_a_failing_question_gives_no_lease(self, monkeypatch: pytest.MonkeyPatch) -> None:
        video = w.shown(w.world().ask(), DATA)

        def broken(*_given: object) -> None:
            raise TimeoutError

        with monkeypatch.context() as patch:
            patch.setattr(prepared, "rows", broken)
            with pytest.raises(TimeoutError):
                leases.take(video.id)
        monkeypatch.setattr(leases, "_plainly", lambda _videos: set())
        monkeypatch.setattr(standing, "standing", broken)
        with pytest.raises(TimeoutError):
            leases.take(video.id)

    @pytest.mark.parametrize("answer", [None, "stands!", True, "STANDS"])
    def test_an_answer_that_is_not_understood_gives_no_lease(
        self, answer: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        video = w.shown(w.world().ask(), DATA)
        monkeypatch.setattr(leases, "_plainly", lambda _videos: set())
        monkeypatch.setattr(standing, "standing", lambda grants: dict.fromkeys(grants, answer))
        with pytest.raises(ConsentWithdrawn):
            leases.take(video.id)

    def test_a_lease_counts_from_before_the_question(self, monkeypatch: pytest.MonkeyPatch) -> None:
        video = w.shown(w.world().ask(), DATA)
        asked_at: list[float] = []
        whole = prepared.rows

        def slow(query: str, values: Any) -> object:  # noqa: ANN401 - whatever the statement takes
            asked_at.append(time.monotonic())
            time.sleep(0.05)
            return whole(query, values)

        monkeypatch.setattr(prepared, "rows", slow)
        lease = leases.take(video.id)
        assert lease.until <= asked_at[0] + leases.length()
        assert leases.length() < settings.SERVING_LEASE_SECONDS

    def test_without_a_socket_consent_is_asked_again_between_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = w.world()
        response = get(w.shown(world.ask(), DATA))
        assert isinstance(response, StreamingHttpResponse)
        chunks = iter(response)
        next(chunks)
        revocations.withdraw_grant(world.grant, actor=world.ada.party)
        monkeypatch.setattr(time, "monotonic", lambda: time.perf_counter() + 10**9)  # a lease later
        with pytest.raises(LeaseLost):
            next(chunks)


@pytest.mark.django_db
@pytest.mark.parametrize("variant", ["video", "thumbnail"])
def test_a_file_that_goes_away_between_two_looks_is_a_refusal(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    video = w.shown(w.world().ask(), b"bytes")
    for name in (video.path, video.thumbnail_path):
        (Path(settings.MEDIA_ROOT) / name).unlink()
    monkeypatch.setattr(Path, "is_file", lambda _path: True)  # what somebody saw just before
    with pytest.raises(ContentUnavailable):
        get(video, variant)
