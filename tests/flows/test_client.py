"""The quick-start of the Python client does what it says, against a whole house."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.demo.cast import CLIP, terms_for
from config.demo.person import Person

if TYPE_CHECKING:
    from config.house import House

PACKAGE = Path(__file__).resolve().parents[2] / "clients" / "python"


def test_the_quick_start_renders_and_downloads_a_video(house: House, monkeypatch: Any) -> None:  # noqa: ANN401 - pytest's
    monkeypatch.syspath_prepend(PACKAGE)
    holder, app = (
        Person(house.url, "client-holder", "Cleo Marsh-Ito"),
        Person(house.url, "client-app", "X", kind="client"),
    )
    with closing(holder.http), closing(app.http):
        for each in (holder, app):
            each.sign_up()
        likeness = holder.register()
        holder.enrol(likeness, CLIP.read_bytes())
        holder.grant(holder.draft(likeness, terms_for(app.party) | {"territories": None})["document"])
    code = (PACKAGE / "README.md").read_text().split("```python\n")[1].split("```")[0]
    for shown, real in (("https://countenance.example", house.url), ("...", app.token), ("@ada", f"@{holder.handle}")):
        assert code.count(shown) >= 1
        code = code.replace(shown, real, 1)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own README
    assert names["video"]["status"] == "completed"
    assert names["data"][4:8] == b"ftyp"
