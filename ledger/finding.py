"""Find a published entry by what a reader holds: an index, a hash or its beginning, a proof, a receipt.

The database only says where to look, and only there is it asked at all; what is found there is read from the published
files, so an entry that waits to be published is never found.
"""

import base64
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from ledger import base64url, keyring, merkle, proof, receipt, receipts
from ledger.problem import Problem
from ledger.publiclog import PublicEntry, PublicLog, commit_bytes

MAX_TEXT = 8192
MAX_FOUND = 20
MAX_CANDIDATES = 1000
INDEX = re.compile(r"#?(0|[1-9][0-9]{0,18})", re.ASCII)
HASH = re.compile(r"[A-Za-z0-9_+/-]{8,64}=?", re.ASCII)
HEX = re.compile(r"[0-9a-fA-F]{8,64}", re.ASCII)
COMMIT_CHARACTERS = 43
KEY_CHARACTERS = 12  # as many of a commitment's are in the database's index
SUBJECT = "urn:countenance:commitment:"
UNREADABLE = "That is not an index, a commitment, a leaf hash, a tlog-proof or a COSE receipt."
ABSENT = "That is not in the published log."

# Canonical JSON holds `"commit":"` once: no public field may hold a quotation mark.
COMMIT = r"substring(e.body FROM position('\x22636f6d6d6974223a22'::bytea IN e.body) + 10 FOR {})"
BY_PREFIX = f"""
WITH candidate AS MATERIALIZED (
    SELECT e.id, {COMMIT.format(COMMIT_CHARACTERS)} AS commit FROM ledger_entry e
    WHERE {COMMIT.format(KEY_CHARACTERS)} >= %s AND {COMMIT.format(KEY_CHARACTERS)} < %s LIMIT {MAX_CANDIDATES}
)
SELECT c.commit, l.index FROM candidate c JOIN ledger_leaf l ON l.entry_id = c.id
"""  # noqa: S608 - made of constants
BY_KEYS = f"""
WITH candidate AS MATERIALIZED (
    SELECT e.id, {COMMIT.format(COMMIT_CHARACTERS)} AS commit FROM ledger_entry e
    WHERE {COMMIT.format(KEY_CHARACTERS)} = ANY(%s) LIMIT {MAX_CANDIDATES}
)
SELECT c.commit, l.index FROM candidate c JOIN ledger_leaf l ON l.entry_id = c.id
"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and in words what was checked about it. `holds` is `None` if there was nothing to check."""

    entries: tuple[PublicEntry, ...] = ()
    verdict: str = ""
    holds: bool | None = None


def find(log: PublicLog, text: str) -> Found:
    """Return the published entries that `text` names; none, with a verdict that says why, for whatever else it is."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > MAX_TEXT:
        return Found(verdict=f"That is longer than {MAX_TEXT} characters.", holds=False)
    if text.startswith(proof.HEADER):
        return _by_proof(log, text + "\n")
    named = "".join(text.removeprefix(SUBJECT).split())
    if (index := INDEX.fullmatch(named)) is not None and int(index[1]) < log.size:
        return Found((log.entry(int(index[1])),))
    if HASH.fullmatch(named):
        entries = _by_hash(log, named)
        return Found(entries) if entries else Found(verdict=ABSENT, holds=False)
    if index is not None:
        return Found(verdict=ABSENT, holds=False)
    return _by_receipt(log, named)


def indices(commits: Collection[str], size: int) -> dict[str, int]:
    """Return where the database says that these commitments are, as far as they are below `size`. To be checked."""
    with connection.cursor() as cursor:
        cursor.execute(BY_KEYS, [[one[:KEY_CHARACTERS].encode() for one in commits]])
        found = {bytes(commit).decode("ascii", "replace"): index for commit, index in cursor.fetchall()}
    return {one: found[one] for one in commits if one in found and found[one] < size}


def entries_of(log: PublicLog, commits: Collection[str]) -> dict[str, PublicEntry]:
    """Return the published entry of each of these commitments that has one."""
    found = {commit: log.entry(index) for commit, index in indices(commits, log.size).items()}
    return {commit: entry for commit, entry in found.items() if entry.commit == commit}


def _by_hash(log: PublicLog, text: str) -> tuple[PublicEntry, ...]:
    """Return the entries whose commitment begins so, in base64url or hexadecimal digits, or whose leaf hash it is."""
    spelt = text.rstrip("=").translate(str.maketrans("+/", "-_"))
    prefixes = [spelt] if len(spelt) <= COMMIT_CHARACTERS else []
    digits = text.lower() if HEX.fullmatch(text) else ""
    if digits:
        prefixes.append(base64url.encode(bytes.fromhex(digits[: len(digits) // 6 * 6])))
    places = {index for prefix in prefixes for index in _beginning(prefix)} | set(_with_leaf_hash(spelt, digits))
    entries = [log.entry(index) for index in sorted(place for place in places if place < log.size)[:MAX_CANDIDATES]]
    return tuple(one for one in entries if _answers(one, spelt, digits))[:MAX_FOUND]


def _answers(entry: PublicEntry, spelt: str, digits: str) -> bool:
    leaf = entry.leaf_hash
    if entry.commit.startswith(spelt) or base64url.encode(leaf) == spelt:
        return True
    return bool(digits) and (commit_bytes(entry).hex().startswith(digits) or leaf.hex() == digits)


def _beginning(prefix: str) -> Iterable[int]:
    key = prefix[:KEY_CHARACTERS].encode()
    after = key[:-1] + bytes([key[-1] + 1])
    with connection.cursor() as cursor:
        cursor.execute(BY_PREFIX, [key, after])
        rows = cursor.fetchall()
    return [index for commit, index in rows if bytes(commit).startswith(prefix.encode())]


def _with_leaf_hash(spelt: str, digits: str) -> Iterable[int]:
    try:
        leaf = bytes.fromhex(digits) if digits else base64url.decode(spelt)
    except ValueError:
        return []
    if len(leaf) != merkle.HASH_BYTES:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT index FROM ledger_leaf WHERE leaf_hash = %s LIMIT 2", [leaf])
        return [index for (index,) in cursor.fetchall()]


def _by_proof(log: PublicLog, text: str) -> Found:
    try:
        shown = proof.parse(text)
        if shown.index >= log.size:
            return Found(verdict=ABSENT, holds=False)
        entry = log.entry(shown.index)
        signed = keyring.verified_checkpoint(shown.checkpoint)
        merkle.verify_inclusion(shown.index, signed.size, entry.leaf_hash, shown.hashes, signed.root)
    except Problem as problem:
        return Found(verdict=f"The proof does not hold: {problem.detail}.", holds=False)
    return Found((entry,), f"The proof holds: it shows this entry under our checkpoint of size {signed.size}.", True)  # noqa: FBT003 - `holds`


def _by_receipt(log: PublicLog, text: str) -> Found:
    try:
        data = base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return Found(verdict=UNREADABLE, holds=False)
    try:
        shown = receipt.parse(data)
    except Problem:
        return Found(verdict=_other_receipt(data), holds=False)
    entry = _subject(log, shown)
    if entry is None:
        return Found(verdict=ABSENT, holds=False)
    try:
        known = receipts.keys("receipt")
        receipt.verify_inclusion(data, entry.leaf, issuer=settings.LEDGER_ORIGIN, keys=known)
    except Problem as problem:
        return Found((entry,), f"The receipt names this entry, but does not hold: {problem.detail}.", False)  # noqa: FBT003 - `holds`
    return Found((entry,), "The receipt holds: our receipt key signed a tree that has this entry.", True)  # noqa: FBT003 - `holds`


def _subject(log: PublicLog, shown: receipt.Receipt) -> PublicEntry | None:
    """Return the published entry that a receipt is about, first looked for where it says."""
    commit = shown.claims.subject.removeprefix(SUBJECT)
    index = shown.numbers[1]
    if index < log.size and log.entry(index).commit == commit:
        return log.entry(index)
    return entries_of(log, [commit]).get(commit)


def _other_receipt(data: bytes) -> str:
    try:
        first, second = receipt.parse(data, receipt.CONSISTENCY).numbers
    except Problem:
        return UNREADABLE
    return f"That is a receipt of consistency, from size {first} to {second}: it is about no single entry."
