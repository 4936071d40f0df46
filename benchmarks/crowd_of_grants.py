"""Many likenesses with ten grants each, written by the server itself: what recording one costs is measured elsewhere.

Nine of ten grants name one party, the tenth is to everyone or to its holder alone. Some are over, some ended, some
limited in number with a counter. No entry stands behind them, so the throw-away house loses its foreign keys first.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from consent import tokens as api_tokens
from consent.models.reach import ANYBODY

EACH: Final = 10  # grants of one likeness
TERMS: Final = {
    "v": 2,
    "limits": {"uses": None, "seconds": None, "seconds_each": None},
    "campaigns": None,
    "territories": None,
    "modalities": ["body", "face", "name", "voice"],
    "scenes": {"allowed": ["everyday"], "denied": []},
    "speech": {"kind": "none", "scripts": [], "banned": [], "languages": None},
    "company": {"never": [], "only": None},
    "remix": {"allowed": True, "depth": 3},
    "after_end": "hide",
    "approval": None,
    "training": False,
    "rate": None,
    "credit": None,
    "description": "",
    "representation": "none",
}
_UNBOUND: Final = """
DO $$ DECLARE bound record; BEGIN
    FOR bound IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
                 WHERE contype = 'f' AND conrelid::regclass::text LIKE 'consent_%' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', bound.place, bound.conname);
    END LOOP;
END $$"""
_LIKENESSES: Final = """
INSERT INTO consent_likeness (id, holder_id, kind, name, state, epoch, authority_epoch, heirs_rule, entry_id)
SELECT md5('likeness' || n)::uuid, md5('holder' || n)::uuid, 'person', 'L' || n,
       CASE WHEN n %% 50 = 7 THEN 'withdrawn' ELSE 'active' END, 0, 0, 'all', gen_random_uuid()
FROM generate_series(%(first)s::int, %(last)s::int - 1) n"""
_MADE: Final = """
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT gen_random_uuid() AS id, n / 10 AS number, n %% 10 AS slot, n,
       CASE WHEN n %% 10 < 9 THEN 'named' WHEN n / 10 %% 3 = 0 THEN 'everyone' ELSE 'only_me' END AS kind,
       '2026-01-01Z'::timestamptz AS starts,
       CASE WHEN n %% 41 = 3 THEN '2026-02-01Z' ELSE '2035-12-01Z' END::timestamptz AS ends,
       CASE WHEN n %% 37 = 5 THEN '2026-03-01Z'::timestamptz END AS ended_at
FROM generate_series(%(first)s::int * 10, %(last)s::int * 10 - 1) n"""
_GRANTS: Final = """
INSERT INTO consent_grant (id, likeness_id, grantor_id, statement_id, terms, not_before, not_after, remix, signature,
                           key_id, ended_at, ended_by_id, after_end, entry_id)
SELECT id, md5('likeness' || number)::uuid, md5('holder' || number)::uuid, gen_random_uuid(),
       %(terms)s::jsonb || jsonb_build_object(
           'audience', CASE kind
               WHEN 'named' THEN jsonb_build_object('kind', kind, 'parties', jsonb_build_array(jsonb_build_object(
                   'party', md5('party' || number + slot)::uuid, 'not_after', null,
                   'uses', CASE WHEN n %% 10 = 4 THEN 1000 END, 'seconds', null)))
               WHEN 'everyone' THEN jsonb_build_object('kind', kind, 'except', '[]'::jsonb)
               ELSE jsonb_build_object('kind', kind) END,
           'window', jsonb_build_object('not_before', to_char(starts AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                                        'not_after', to_char(ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
           'purposes', CASE kind WHEN 'everyone' THEN '["education"]'::jsonb
                                 ELSE '["entertainment", "satire"]'::jsonb END),
       starts, ends, true, '\\x01', 1, ended_at, CASE WHEN ended_at IS NOT NULL THEN gen_random_uuid() END, 'hide',
       gen_random_uuid()
FROM made"""
_REACH: Final = """
INSERT INTO consent_reach (likeness_id, subject, grant_id)
SELECT md5('likeness' || number)::uuid, CASE kind WHEN 'named' THEN md5('party' || number + slot)::uuid
       WHEN 'everyone' THEN %(anybody)s ELSE md5('holder' || number)::uuid END, id FROM made"""
_COUNTERS: Final = """
INSERT INTO consent_grantusage (grant_id, party, uses, seconds)
SELECT id, %(anybody)s, 3, 12 FROM made WHERE slot = 4"""


def fill(before: int, grants: int) -> None:
    """Add likenesses until there are as many grants; `before` of them are there."""
    values = {"first": before // EACH, "last": grants // EACH, "terms": json.dumps(TERMS), "anybody": ANYBODY}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_UNBOUND)
        for text in (_LIKENESSES, _MADE, _GRANTS, _REACH, _COUNTERS):
            cursor.execute(text, values)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE consent_likeness, consent_grant, consent_reach, consent_grantusage")


def tokens(clients: set[UUID]) -> dict[UUID, str]:
    """Give each of these parties a token."""
    made = {client: secrets.token_urlsafe(32) for client in clients}
    rows = [(client, api_tokens.digest(token)) for client, token in made.items()]
    statement = "INSERT INTO consent_apitoken (party_id, digest, entry_id) VALUES (%s, %s, gen_random_uuid())"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(statement, rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE consent_apitoken")
    return made


def likeness(number: int) -> UUID:
    """Return the id of one."""
    return UUID(hashlib.md5(f"likeness{number}".encode(), usedforsecurity=False).hexdigest())


def party(number: int) -> UUID:
    """Return the id of one; those below zero are named by nobody."""
    return UUID(hashlib.md5(f"party{number}".encode(), usedforsecurity=False).hexdigest())
