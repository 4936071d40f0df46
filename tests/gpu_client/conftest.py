"""Render services for the tests: one well-behaved for the whole module, others on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gpu_client import world as world_module
from tests.gpu_client.service import Desk, Service, Signer, make_clip
from tests.gpu_client.world import World

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture(scope="session")
def clip() -> bytes:
    return make_clip()


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory, signer: Signer, desk: Desk) -> Iterator[Service]:
    """Start a service shared by the tests of a module; permits keep them apart."""
    service = Service(tmp_path_factory.mktemp("renderer"), {signer.key_id: signer.public}, desk.url).start()
    yield service
    service.stop()


@pytest.fixture
def start(tmp_path: Path, signer: Signer, desk: Desk) -> Iterator[Callable[..., Service]]:
    """Start services of one's own; they end with the test."""
    started: list[Service] = []

    def start(misbehave: str | None = None, **changes: str) -> Service:
        keys = {signer.key_id: signer.public}
        service = Service(tmp_path / f"renderer-{len(started)}", keys, changes.get("desk", desk.url), misbehave)
        started.append(service)
        return service.start()

    yield start
    for service in started:
        if service.process is not None and service.process.poll() is None:
            service.stop()


@pytest.fixture(scope="module")
def counter() -> Iterator[Desk]:
    """Open a desk that redeems in the database of the running test."""
    desk = Desk(world_module.judge)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, made_keys: Path, counter: Desk) -> Iterator[Service]:
    """Start a well-behaved service that knows the keys of the test's Countenance."""
    service = world_module.start_service(tmp_path_factory.mktemp("house"), made_keys / "keys", counter)
    yield service
    service.stop()


@pytest.fixture
def double(tmp_path: Path, made_keys: Path, counter: Desk) -> Iterator[Callable[[str | None], Service]]:
    """Start services that misbehave (`None`: that do not)."""
    started: list[Service] = []

    def start(mode: str | None) -> Service:
        folder = tmp_path / f"double-{len(started)}"
        started.append(world_module.start_service(folder, made_keys / "keys", counter, mode))
        return started[-1]

    yield start
    for service in started:
        if service.process is not None and service.process.poll() is None:
            service.stop()


@pytest.fixture
def world(
    fresh_database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, clip: bytes, house: Service
) -> World:
    """Real commits: the service's redemption comes in on a connection of its own."""
    world = world_module.make_world(settings, monkeypatch, clip)
    world.use(house)
    return world
