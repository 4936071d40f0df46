"""Appeals wait in a queue, and nobody judges what they decided before."""

from __future__ import annotations

import pytest

from consent.casework import assignments
from consent.staff import Staff
from consent.takedown import appeals
from tests.consent.takedown import notices

pytestmark = pytest.mark.django_db


def test_an_appeal_is_handed_to_nobody_who_had_a_word(lin: Staff, zoe: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "FIRST", zoe)
    monkeypatch.setattr(notices, "SECOND", Staff(10**6))  # nobody of these
    notice = notices.filed().notice
    ruling = notices.decided(notice.case)
    appeal = appeals.file_by_notifier(ruling, "Please look again.", notice=notice, actor=None)
    assert assignments.next_one("appeals", actor=zoe) is None
    held = assignments.next_one("appeals", actor=lin)
    assert held is not None
    assert held.item == appeal.pk
