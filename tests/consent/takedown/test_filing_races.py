"""Filing under contention: real commits on real connections."""

from __future__ import annotations

from consent.models import Block, Case, Notice
from consent.takedown import filing, links
from consent.takedown.provisional import Found, Video
from ledger.models import Entry
from tests.consent.takedown.notices import SHOWN, VIDEO, document, filed
from tests.consent.test_races import together

OTHER = VIDEO.__class__(int=VIDEO.int ^ 1 << 127)


def test_a_form_sent_six_times_at_once_is_one_notice(fresh_database: str) -> None:
    token = links.new()
    found = together(*[lambda: filed(token=token) for _ in range(6)])
    assert {answer.secret for answer in found} == {links.of_form(token)}  # type: ignore[attr-defined]  # all were filed
    assert (Notice.objects.count(), Case.objects.count(), Block.objects.count()) == (1, 1, 1)
    assert Entry.objects.filter(kind="notice.received").count() == 1


def test_six_people_at_once_make_one_case_and_one_block(fresh_database: str) -> None:
    crossed = [Found((Video(VIDEO), Video(OTHER))), Found((Video(OTHER), Video(VIDEO)))]
    waiting = filed(Found(), works=[]).notice
    found = together(
        *[lambda: filed(SHOWN) for _ in range(3)],
        *[lambda each=each: filed(each) for each in crossed],
        lambda: filing.complete(waiting, document(), actor=None, found=SHOWN),
    )
    assert [answer for answer in found if isinstance(answer, BaseException)] == []
    assert Case.objects.filter(state="open", video=VIDEO).count() == 1
    assert Case.objects.filter(state="open", video=OTHER).count() == 1
    assert Case.objects.get(state="open", video=VIDEO).notices.count() == 5
