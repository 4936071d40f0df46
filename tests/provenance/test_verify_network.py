"""A file can name an address. Nobody may be called because somebody asked what a file is."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import c2pa
import pytest

from consent.media import sandbox
from provenance import lockdown, verify_child
from provenance import verify as verification
from provenance.report import Integrity
from provenance.verify import verify
from tests.provenance import addresses
from tests.provenance.listener import listening, pointing_at
from tests.provenance.programs import loose
from tests.provenance.workshop import Workshop, footage, plain_manifest, workshop


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("network"), "ours")


def test_the_engine_left_to_itself_calls_whoever_a_file_names() -> None:
    """Otherwise the silence in the tests below would prove nothing."""
    with listening() as ear:
        with pytest.raises(c2pa.C2paError):
            c2pa.Reader("video/mp4", BytesIO(pointing_at(ear.url, footage())))
        assert len(ear.heard) > 0


def test_verifying_a_file_that_names_an_address_calls_nobody(ours: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "file.mp4"
    with listening() as ear:
        path.write_bytes(pointing_at(ear.url, footage()))
        report = verify(path, anchors_pem=ours.chain.anchors_pem)
        assert ear.heard == []
    assert report.integrity.verdict is Integrity.COULD_NOT_CHECK
    assert report.integrity.codes == ("remote-manifest",)


def test_the_settings_alone_keep_the_engine_silent_without_a_sandbox(ours: Workshop) -> None:
    with listening() as ear:
        arguments = {"anchors": ours.chain.anchors_pem, "others": ours.chain.anchors_pem}
        found = verify_child.main(BytesIO(pointing_at(ear.url, footage())), arguments, None)
        assert ear.heard == []
    assert found["outcome"] == "remote"


def test_an_address_in_a_stamped_file_is_not_called_either(ours: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "file.mp4"
    with listening() as ear:
        path.write_bytes(pointing_at(ear.url, ours.created().read_bytes()))
        verify(path, anchors_pem=ours.chain.anchors_pem)
        arguments = {"anchors": ours.chain.anchors_pem, "others": ""}
        verify_child.main(BytesIO(path.read_bytes()), arguments, None)
        assert ear.heard == []


def without_the_list_of_hosts(settings: dict[str, Any]) -> None:
    del settings["core"]["allowed_network_hosts"], settings["core"]["allow_redirects"]


def without_the_ban_on_fetching(settings: dict[str, Any]) -> None:
    del settings["verify"]["remote_manifest_fetch"]


@pytest.mark.parametrize("loosen", [without_the_list_of_hosts, without_the_ban_on_fetching])
def test_either_lock_alone_keeps_the_engine_silent(ours: Workshop, loosen: Callable[[dict[str, Any]], None]) -> None:
    """A misspelt key is accepted in silence; with two locks, one could be misspelt and nothing else would show it."""
    settings = lockdown.settings(ours.chain.anchors_pem)
    loosen(settings)
    with listening() as ear, c2pa.Context.from_dict(settings) as context:
        with pytest.raises(c2pa.C2paError):
            c2pa.Reader("video/mp4", BytesIO(pointing_at(ear.url, footage())), context=context)
        assert ear.heard == []


# Addresses inside the signature: where to ask about the certificate, and who vouches for the author


def signed_by_one_that_names(url: str, folder: Path) -> tuple[bytes, str]:
    """Return a stamped file whose certificates say where to ask about them, and their root."""
    with addresses.naming(url):
        shop = workshop(folder, "naming")
    return shop.signed_without_scruples(plain_manifest(uuid4())).read_bytes(), shop.chain.anchors_pem


def everything_at(url: str, folder: Path) -> tuple[bytes, str]:
    """Return a file that names the address in every place that a file has for one, and its root."""
    data, anchors = signed_by_one_that_names(url, folder)
    return pointing_at(url, data), anchors


PLACES = {
    "certificate": signed_by_one_that_names,
    "everywhere": everything_at,
    "identity": addresses.identified_at,
    "clock": addresses.clocked_at,
}
HEARD = sorted(set(PLACES) - {"clock"})  # about who gave the time the engine asks nobody, as it is today


@pytest.mark.parametrize("place", HEARD)
def test_without_locks_and_sandbox_the_address_is_called(tmp_path: Path, place: str) -> None:
    """The control of the next two: there is something to hear."""
    with listening() as ear:
        data, anchors = PLACES[place](ear.url, tmp_path)
        loose.main(BytesIO(data), {"anchors": anchors}, None)
        assert len(ear.heard) > 0


@pytest.mark.parametrize("place", sorted(PLACES))
def test_the_sandbox_alone_is_silent_with_every_lock_of_the_engine_off(tmp_path: Path, place: str) -> None:
    with listening() as ear:
        data, anchors = PLACES[place](ear.url, tmp_path)
        answer = sandbox.run(
            "tests.provenance.programs.loose", data, limits=verification.LIMITS, arguments={"anchors": anchors}
        )
        assert ear.heard == []
    assert (answer["network"], answer["said"]) != ("inherited", "")


@pytest.mark.parametrize("place", sorted(PLACES))
def test_the_locks_alone_are_silent_without_the_sandbox(tmp_path: Path, place: str) -> None:
    with listening() as ear:
        data, anchors = PLACES[place](ear.url, tmp_path)
        verify_child.main(BytesIO(data), {"anchors": anchors, "others": anchors}, None)
        assert ear.heard == []


@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_check_of_such_a_file_calls_nobody_and_still_answers(tmp_path: Path, place: str) -> None:
    with listening() as ear:
        data, anchors = PLACES[place](ear.url, tmp_path)
        assert ear.url.encode() in data or f"did:web:127.1%3A{ear.port}".encode() in data
        path = tmp_path / "file.mp4"
        path.write_bytes(data)
        report = verify(path, anchors_pem=anchors, time_anchors_pem=anchors)
        assert ear.heard == []
    assert report.manifest_label is not None


def without_the_ban_on_identities(settings: dict[str, Any]) -> None:
    del settings["core"]["decode_identity_assertions"]


def without_both(settings: dict[str, Any]) -> None:
    without_the_list_of_hosts(settings)
    without_the_ban_on_identities(settings)


@pytest.mark.parametrize(
    ("loosen", "heard"),
    [(without_the_list_of_hosts, False), (without_the_ban_on_identities, False), (without_both, True)],
    ids=["ban", "hosts", "neither"],
)
def test_either_lock_alone_keeps_an_identity_unasked(
    tmp_path: Path, loosen: Callable[[dict[str, Any]], None], *, heard: bool
) -> None:
    with listening() as ear:
        data, anchors = addresses.identified_at(ear.url, tmp_path)
        settings = lockdown.settings(anchors)
        loosen(settings)
        with c2pa.Context.from_dict(settings) as context, c2pa.Reader("video/mp4", BytesIO(data), context=context):
            assert bool(ear.heard) is heard
