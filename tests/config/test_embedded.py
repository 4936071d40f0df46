"""The embedded servers start wherever the checkout lies, and refuse what they should."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psycopg
import pytest

from config.embedded import COPY_ROOT, Postgres, ServerNotStarted, package_folder, place


def test_a_folder_that_the_servers_user_can_enter_is_taken() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        assert place(Path(folder) / "pg") == Path(folder) / "pg"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_below_a_closed_home_the_cluster_lies_elsewhere_and_always_at_the_same_place() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as closed:  # mode 0700
        first, second = place(Path(closed) / "pg"), place(Path(closed) / "pg")
        assert first == second
        assert first.parent == COPY_ROOT


def test_the_application_is_no_superuser() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "pg", durable=False)
        try:
            url = server.start().make_database("own")
            assert server.make_database("own") == url
            with psycopg.connect(url) as session:
                query = (
                    "SELECT rolsuper, current_setting('synchronous_commit') FROM pg_roles WHERE rolname = current_user"
                )
                assert session.execute(query).fetchone() == (False, "on")
        finally:
            server.stop()


def test_a_missing_wheel_says_what_to_do() -> None:
    with pytest.raises(ServerNotStarted, match="DATABASE_URL"):
        package_folder("no_such_package_at_all")
