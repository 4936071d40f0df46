"""What it costs to screen a prompt of 1,000 characters against a large register of names."""

from __future__ import annotations

import os
import random
import resource
from io import StringIO
from time import perf_counter
from typing import TYPE_CHECKING, Final
from uuid import UUID

import psycopg
from django.db import connection, transaction

from benchmarks.pairing import Figure, NotPinned, paired, pin
from consent import names, register, screening
from consent.staff import Staff
from ledger import subjectkeys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.utils import CursorWrapper

CHARACTERS: Final = 1000
TOLERANCE: Final = 0.1
SYLLABLES: Final = [a + b + c for a in "bcdfghjklmnprstvwz" for b in "aeiou" for c in ("", "l", "n", "r", "s")]
SCENE: Final = (
    "wide shot of a quiet harbour at dawn while fishermen carry crates past the lighthouse and children chase gulls "
    "along wet stones camera pans slowly left toward an old woman mending nets under warm lantern light shallow depth "
    "of field grain of film soft rain begins two dogs run between market stalls selling oranges bread and flowers "
    "someone opens a blue umbrella reflections ripple across puddles distant bells ring clouds drift over mountains "
)
FLOOR: Final = "SELECT word FROM looked_up WHERE id = %s"
INDEX: Final = "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%consent_namekey %(digest)'"
TABLE: Final = "CREATE TABLE looked_up AS SELECT n AS id, md5(n::text) AS word FROM generate_series(1, 10000) n"


def figures(*, full: bool) -> list[Figure]:
    """Fill the register, check that it finds what it should, and time prompts that find nothing."""
    count = 1_000_000 if full else 100_000
    begun = perf_counter()
    first = fill(count)
    built = perf_counter() - begun
    found = screening.screen(f"{SCENE} {first}", cast=[])
    if not isinstance(found, screening.Blocked):
        raise ValueError("the register does not find a name that is in it: a fast wrong answer is no result")  # noqa: TRY004 - an answer, not a type
    prompts = [prompt(number) for number in range(50)]
    held = sum(not isinstance(screening.screen(one, cast=[]), screening.Clear) for one in prompts)
    floor, twin = (psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) for _ in range(2))
    floor.execute(TABLE)
    floor.execute("CREATE UNIQUE INDEX looked_up_id ON looked_up (id)")
    pin(*(session.info.backend_pid for session in (floor, twin, connection.connection)))
    control, _, _ = paired(
        lambda n: twin.execute(FLOOR, [n % 10000]).fetchone(),
        lambda n: floor.execute(FLOOR, [n % 10000]).fetchone(),
        60,
        20,
    )
    if not 1 - TOLERANCE <= control <= 1 + TOLERANCE:
        raise NotPinned(f"the floor against itself reads {control:.2f}; nothing is concluded")
    rounds = sorted(
        paired(
            lambda n: screening.screen(prompts[n % len(prompts)], cast=[]),
            lambda n: floor.execute(FLOOR, [n % 10000]).fetchone(),
            20,
            10,
        )[1:]
        for _ in range(5)
    )
    (spent, base), best, worst = rounds[2], rounds[0][0] / 1000, rounds[-1][0] / 1000
    heap, index, keys = sizes()
    return [
        Figure(f"screen, {count:,} names, p50", spent / 1000, "ms", None, None, 10, f"{best:.1f}-{worst:.1f}"),
        Figure("the same in primary-key look-ups", spent, "us", base, spent / base, None),
        Figure("of it, folding and keys, no database", alone(prompts), "ms", None, None, None),
        Figure("keys asked for by a prompt, median", asked(prompts), "keys", None, None, None),
        Figure("prompts of 50 without a name that were held", held, "of 50", None, None, None),
        Figure("register in the database, rows", keys, "rows", None, None, None),
        Figure("register in the database, table", heap, "MB", None, None, None),
        Figure("register in the database, indexes", index, "MB", None, None, None),
        Figure("this process, peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB", None, None, None),
        Figure("entering them by COPY", built, "s", None, None, None),
    ]


def synthetic(count: int) -> Iterator[str]:
    """Yield different first and last names of two and three syllables: 200,000 surnames, as a census has."""
    dice = random.Random(7)  # noqa: S311 - repeatable, not secret
    firsts = sorted({"".join(dice.choices(SYLLABLES, k=2)) for _ in range(5_000)})
    lasts = sorted({"".join(dice.choices(SYLLABLES, k=3)) for _ in range(200_000)})
    seen: set[tuple[str, str]] = set()
    while len(seen) < count:
        one = dice.choice(firsts), dice.choice(lasts)
        if one not in seen:
            seen.add(one)
            yield " ".join(one)


def fill(count: int) -> str:
    """Enter the names, all under one act: what is timed is the table of keys. Return the first of them."""
    act = register.protect(["Nikola Tesla"], ground="opted_out", actor=Staff(1))
    secret = register.derived(subjectkeys.secret_of(register.KEEPER).secret)
    people = synthetic(count)
    first = next(people)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INDEX)
        ((index, definition),) = cursor.fetchall()
        cursor.execute(f"DROP INDEX {index}")  # built at the end: of 10^7 random keys each would be a random write
        write(cursor, [first], act.pk, secret)
        batch: list[str] = []
        for person in people:
            batch.append(person)
            if len(batch) == 10_000:  # noqa: PLR2004 - names in one COPY
                write(cursor, batch, act.pk, secret)
                batch = []
        write(cursor, batch, act.pk, secret)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is built while a foreign key waits to be looked at
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(definition)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE consent_namekey")
    return first


def write(cursor: CursorWrapper, people: list[str], act: UUID, secret: bytes) -> None:
    """Write the keys of some names with one COPY."""
    lines = StringIO()
    for person in people:
        for stored in names.keys_of(person):
            digest = register.digest(secret, stored.key)
            lines.write(f"{act}\t{digest}\t{stored.words}\t{stored.slip}\tf\tf\n")
    statement = "COPY consent_namekey (name_id, digest, words, slip, doubtful, curated) FROM STDIN"
    with cursor.copy(statement) as copy:
        copy.write(lines.getvalue())


def prompt(number: int) -> str:
    """Return a prompt of 1,000 characters, the words in another order each time."""
    words = (SCENE * 3).split()
    random.Random(number).shuffle(words)  # noqa: S311 - repeatable, not secret
    return " ".join(words)[:CHARACTERS]


def alone(prompts: list[str]) -> float:
    """Return the median milliseconds of folding and hashing."""
    spent = []
    secret = b"k" * 32
    for one in prompts * 4:
        begun = perf_counter()
        for key in names.asked_of(one):
            register.digest(secret, key)
        spent.append(perf_counter() - begun)
    return sorted(spent)[len(spent) // 2] * 1000


def asked(prompts: list[str]) -> int:
    """Return how many different keys a prompt asks for."""
    return sorted(len(names.asked_of(one)) for one in prompts)[len(prompts) // 2]


def sizes() -> tuple[float, float, int]:
    """Return table and indexes in MB, and the rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_table_size('consent_namekey') / 1e6, pg_indexes_size('consent_namekey') / 1e6, count(*) "
            "FROM consent_namekey"
        )
        heap, index, rows = cursor.fetchone()
    return float(heap), float(index), rows
