"""Sixteen processes that append at once, beside sixteen that insert a bare row. Part of `benchmarks.append`."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg

from benchmarks.pairing import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    Told = multiprocessing.SimpleQueue[list[dict[str, float]]]

CLIENTS = 16
WAYS = ("bare", "transaction", "distinct", "shared")
ROUNDS = 3
GOAL = 0.7
TABLE = "CREATE TABLE IF NOT EXISTS bare_entry (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body bytea NOT NULL)"
INSERT = "INSERT INTO bare_entry (body) VALUES (%s)"


def figures(body: bytes, *, seconds: int) -> list[Figure]:
    """Let all clients work in one way, then in the next, a few rounds; compare the rates of each round."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as session:
        session.execute(TABLE)
    rounds = together(body, seconds)
    subjects = {"distinct": "a party each", "shared": "one subject"}
    return [
        line(f"{CLIENTS} clients, {subjects[way]} / {named}", rounds, way, floor, goal)
        for way in subjects
        for floor, named, goal in (("bare", "bare INSERT", GOAL), ("transaction", "BEGIN, INSERT, COMMIT", None))
    ]


def line(name: str, rounds: list[dict[str, float]], way: str, floor: str, goal: float | None) -> Figure:
    """Tell one way's rate as a part of another's."""
    ratios = sorted(one[way] / one[floor] for one in rounds)
    spread = f"{ratios[0]:.2f}-{ratios[-1]:.2f}"
    rate, bare = (median(one[column] for one in rounds) for column in (way, floor))
    return Figure(name, rate, "/s", bare, median(ratios), goal, spread, at_least=True)


def together(body: bytes, seconds: int) -> list[dict[str, float]]:
    """Return commits per second of all clients, by round and way."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(CLIENTS), context.SimpleQueue()
    clients = [context.Process(target=client, args=(body, seconds, ready, done), daemon=True) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    told = [done.get() for _ in clients]
    for one in clients:
        one.join()
    return [{way: sum(rates[number][way] for rates in told) for way in WAYS} for number in range(ROUNDS)]


def client(body: bytes, seconds: int, ready: Barrier, done: Told) -> None:
    """Commit again and again, in each way together with the others; tell the rates."""
    calls = {way: appending(way) if way in ("distinct", "shared") else bare(way, body) for way in WAYS}
    done.put([{way: rate(call, seconds, ready) for way, call in calls.items()} for _ in range(ROUNDS)])


def rate(call: Callable[[], object], seconds: int, ready: Barrier) -> float:
    """Return calls per second, once all clients are ready."""
    call()
    ready.wait()
    begun, count = time.monotonic(), 0
    while time.monotonic() < begun + seconds:
        call()
        count += 1
    return count / (time.monotonic() - begun)


def bare(way: str, body: bytes) -> Callable[[], object]:
    """Return the floor: one statement that commits itself, or one between BEGIN and COMMIT."""
    session = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0)

    def insert() -> None:
        session.execute(INSERT, [body])

    def insert_in_transaction() -> None:
        session.execute("BEGIN")
        session.execute(INSERT, [body])
        session.execute("COMMIT")

    return insert if way == "bare" else insert_in_transaction


def appending(way: str) -> Callable[[], object]:
    """Return an append in a transaction of its own, by a process as the workers are."""
    import django

    django.setup()
    from django.db import transaction

    from ledger import log

    subject = "system:benchmark" if way == "shared" else f"party:{uuid4()}"

    def append() -> None:
        with transaction.atomic():
            log.append("render.delivered", {"job": "1"}, actor=subject, subject=subject)

    return append
