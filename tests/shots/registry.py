"""Which pages are pictured. Whoever makes a page adds its line here.

`address` is a path, or a function of the scene that makes what the page shows and returns its path. `user` is a
function of the scene that returns whose session it is; `None`: a stranger's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provenance.models import Video
    from tests.provenance.world import World


@dataclass
class Scene:
    """What is in the database when the pictures are taken; makers may keep what they made in `kept`."""

    world: World
    video: Video
    remix: Video
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shot:
    """One page."""

    name: str
    address: str | Callable[[Scene], str]
    user: Callable[[Scene], Any] | None = None  # a Django user; None: nobody is logged in
    language: str = "en"


SHOTS: list[Shot] = [
    Shot("home", "/"),
    Shot("home-es", "/", language="es"),
    Shot("problems", "/problems"),
    Shot("missing", "/nothing-here"),
    Shot("log", "/log/"),
    Shot("log-entry", "/log/entries/0"),
    Shot("log-search", "/log/search"),
    Shot("verify", "/verify"),
    Shot("verify-es", "/verify", language="es"),
    Shot("record", lambda scene: f"/v/{scene.remix.pk}"),
    Shot("record-es", lambda scene: f"/v/{scene.remix.pk}", language="es"),
    Shot("record-none", "/v/00000000-0000-4000-8000-000000000000"),
    Shot("style", "/style"),
    Shot("style-portal", "/style?frame=portal"),
    Shot("style-console", "/style?frame=console"),
    Shot("admin", "/admin/login/"),
]
