"""A file can name an address. Nobody may be called because somebody asked what a file is."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
import pytest

from provenance import lockdown, verify_child
from provenance.report import Integrity
from provenance.verify import verify
from tests.provenance.listener import listening, pointing_at
from tests.provenance.workshop import Workshop, footage, workshop


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
