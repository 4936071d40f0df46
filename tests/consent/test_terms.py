"""What the holder reads before signing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent.terms import Named, NamedParty, OnlyMe, Terms, Window, parties_of
from consent.wording import render

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
TERMS = Terms(
    Named((NamedParty("p1"), NamedParty("p2", START + timedelta(days=1)))),
    Window(START, START + timedelta(days=2)),
    frozenset({"satire", "entertainment"}),
    remix=False,
    remix_depth=0,
    version=1,
)
NAMES = {"p1": "Ben Example", "p2": "Cleo Example"}


def test_the_text_is_pinned() -> None:
    """A change to these words is a new template: people have signed the hash of the old ones."""
    assert render(TERMS, NAMES) == (
        "You permit videos that show your likeness, on these terms.\n"
        "\n"
        "Who may use it:\n"
        "- Ben Example (party p1)\n"
        "- Cleo Example (party p2), until 2026-11-23T12:00:00Z\n"
        "\n"
        "For:\n"
        "- Videos published for entertainment, without payment for promoting anything.\n"
        "- Parody and satire that a viewer can recognise as such.\n"
        "\n"
        "From 2026-11-22T12:00:00Z until 2026-11-24T12:00:00Z.\n"
        "\n"
        "Nobody may make new videos out of these videos.\n"
        "\n"
        "Everything else stays forbidden. You can take this back at any moment.\n"
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(TERMS, audience=OnlyMe()),
        replace(TERMS, audience=Named((NamedParty("p1"),))),
        replace(TERMS, audience=Named((NamedParty("p1"), NamedParty("p2")))),
        replace(TERMS, audience=Named((NamedParty("p2"), NamedParty("p1")))),
        replace(TERMS, window=Window(START, START + timedelta(days=3))),
        replace(TERMS, window=Window(START - timedelta(seconds=1), START + timedelta(days=2))),
        replace(TERMS, purposes=frozenset({"satire"})),
        replace(TERMS, remix=True),
    ],
)
def test_other_terms_read_otherwise(other: Terms) -> None:
    assert render(other, NAMES) != render(TERMS, NAMES)


def test_a_party_without_a_name_is_not_rendered() -> None:
    with pytest.raises(KeyError):
        render(TERMS, {"p1": "Ben Example"})


def test_a_language_without_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="de"):
        render(TERMS, NAMES, "de")


def test_the_audience_lists_its_parties() -> None:
    assert parties_of(TERMS) == {"p1", "p2"}
    assert parties_of(replace(TERMS, audience=OnlyMe())) == frozenset()
