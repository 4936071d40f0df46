"""Which pages are pictured. Whoever makes a page adds its line here.

`address` is a path, or a function of the scene that makes what the page shows and returns its path. `user` is a
function of the scene that returns whose session it is; `None`: a stranger's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.shots import court, scenes

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
    Shot("log-in", "/account/login/"),
    Shot("sign-up", "/account/signup/"),
    Shot("portal-home", "/me/", scenes.ada),
    Shot("portal-videos", "/me/videos", scenes.ada),
    Shot("portal-video", lambda scene: f"/me/videos/{scene.remix.pk}", scenes.ada),
    Shot("portal-attempts", "/me/attempts", scenes.ada),
    Shot("portal-approvals", "/me/approvals", scenes.ada),
    Shot("portal-statements", "/me/earnings", scenes.ada),
    Shot("portal-licences", "/me/licences", scenes.ada),
    Shot("portal-grants", "/me/permissions", scenes.ada),
    Shot("portal-grant", lambda scene: f"/me/permissions/{scene.world.grant.pk}", scenes.ada),
    Shot("portal-grant-new", "/me/permissions/new", scenes.ada),
    Shot("portal-asks", scenes.asked("/me/asks"), scenes.ada),
    Shot("portal-ask", scenes.asked("/me/asks/{ask}"), scenes.ada),
    Shot("portal-ask-es", scenes.asked("/me/asks/{ask}"), scenes.ada, language="es"),
    Shot("portal-ask-smaller", scenes.asked("/me/asks/{ask}?step=smaller"), scenes.ada),
    Shot("portal-withdraw", lambda scene: f"/me/withdrawal?grant={scene.world.grant.pk}", scenes.ada),
    Shot("portal-panic", "/me/stop", scenes.ada),
    Shot("portal-endings", "/me/endings", scenes.ada),
    Shot("portal-likenesses", "/me/likenesses", scenes.ada),
    Shot("portal-likeness", lambda scene: f"/me/likenesses/{scene.world.likeness.pk}", scenes.ada),
    Shot("portal-enrol", lambda scene: f"/me/likenesses/{scene.world.likeness.pk}/enrolment", scenes.ada),
    Shot("portal-account", "/me/account", scenes.ada),
    Shot("portal-keys", "/me/keys", scenes.ada),
    Shot("portal-messages", "/me/messages", scenes.ada),
    Shot("takedown", "/takedown"),
    Shot("takedown-es", "/takedown", language="es"),
    Shot("takedown-status", scenes.status),
    Shot("transparency", scenes.report),
    Shot("console-home", scenes.after_filing("/console/"), scenes.moderator),
    Shot("console-queue", scenes.after_filing("/console/queues/cases"), scenes.moderator),
    Shot("console-case", scenes.case, scenes.moderator),
    Shot("console-second-words", scenes.after_filing("/console/second-words"), scenes.moderator),
    Shot("console-claims", "/console/claims", scenes.moderator),
    Shot("console-enrolments", "/console/enrolments", scenes.moderator),
    Shot("console-copies", "/console/likely-copies", scenes.moderator),
    Shot("console-roles", "/console/roles", scenes.moderator),
    Shot("console-staff", "/console/staff", scenes.moderator),
    *(Shot(f"console-{name}", court.page(name), scenes.moderator) for name in court.NAMES),
]
