"""The form takes whatever people write, within bounds, and never with an error of its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.takedown import notice_document, regimes
from consent.takedown.notice_document import NoticeInvalid
from ledger.canonical import canonical
from tests.consent.takedown.notices import document

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=y>', "\u202eevil\u202c", "a\x00b", "\ud800x", "🙂" * 50]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from([*notice_document.READERS, "v", "else"]), ANYTHING, max_size=6)


@settings(max_examples=100)
@given(FIELDS | ANYTHING)
def test_it_is_read_in_full_or_refused_with_its_field_and_nothing_else(value: object) -> None:
    try:
        read = notice_document.parse(value)
    except NoticeInvalid:
        return
    assert notice_document.parse(notice_document.written(read)) == read
    assert len(canonical(notice_document.written(read))) < notice_document.MAX_BYTES
    regimes.missing(read)
    notice_document.rendered(read)


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "attribute", "reordering", "nul", "surrogate", "emoji"])
def test_hostile_text_is_kept_and_its_plain_rendering_hides_nothing(text: str) -> None:
    read = notice_document.parse(document(explanation=text, signature=text))
    canonical(notice_document.written(read))
    shown = notice_document.rendered(read)
    assert not any(char in shown for char in "\x00\u202e\u202c")
    assert notice_document.parse(notice_document.written(read)) == read


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"explanation": "x" * 10_001}, "/explanation"),
        ({"works": [{"url": "javascript:alert(1)"}]}, "/works/0/url"),
        ({"works": [{"record": "not an id"}]}, "/works/0/record"),
        ({"works": [{}] * 21}, "/works"),
        ({"claimant": {"email": "a@b\r\nBcc: c@d.org"}}, "/claimant/email"),
        ({"claimant": {"email": "a b@example.org"}}, "/claimant/email"),
        ({"good_faith": "yes"}, "/good_faith"),
        ({"v": 2}, "/v"),
        ({"v": True}, "/v"),
        ({"extra": 1}, "/extra"),
    ],
    ids=["long", "script", "id", "works", "header", "blank", "flag", "version", "true", "unknown"],
)
def test_what_cannot_be_read_names_its_field(change: dict[str, object], pointer: str) -> None:
    with pytest.raises(NoticeInvalid) as refused:
        notice_document.parse(document(**change))
    assert refused.value.pointer == pointer
