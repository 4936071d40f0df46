"""What the pictured pages show: whose session it is, a case and its way, made once for all pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.casework import roles
from consent.models import Notice
from consent.takedown.provisional import Found, Video
from tests.consent import asking, logins, people
from tests.consent.pages import reported
from tests.consent.takedown import notices

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.shots.registry import Scene


def once(name: str, make: Callable[[Scene], Any]) -> Callable[[Scene], Any]:
    """Return what makes something for a scene the first time it is asked for, and keeps it."""

    def kept(scene: Scene) -> Any:  # noqa: ANN401 - whatever is made
        if name not in scene.kept:
            scene.kept[name] = make(scene)
        return scene.kept[name]

    return kept


def _moderator(_scene: Scene) -> Any:  # noqa: ANN401 - the user model
    from django.contrib.auth.models import Group

    roles.synchronise()
    user = logins.staff("moderator")
    user.groups.set(Group.objects.filter(name__in=roles.ROLES))
    return user


def _filed(scene: Scene) -> Any:  # noqa: ANN401 - what was filed
    made = notices.filed(Found((Video(scene.video.pk),)))
    notices.filed(claimant={"name": "Rosa Example", "email": "rosa@example.org", "role": "self"}, works=[])
    return made


def _app_asks(scene: Scene) -> Any:  # noqa: ANN401 - a request
    app = people.register("sunny-stories", "Sunny Stories", kind="client")
    rate = {"currency": "EUR", "per": "use", "amount": "12.5", "split": []}
    return asking.ask(app, scene.world.likeness.pk, rate=rate, description="Birthday greetings of ten seconds.")


ada = once("ada", lambda scene: logins.own(scene.world.ada.party))
ben = once("ben", lambda scene: logins.own(scene.world.ben.party))
moderator = once("moderator", _moderator)
filed = once("filed", _filed)
_asked = once("asked", _app_asks)
_report = once("report", lambda _scene: reported.report())


def case(scene: Scene) -> str:
    """Return the path of a case's page."""
    notice: Notice = filed(scene).notice
    return f"/console/cases/{notice.case.number}"


def status(scene: Scene) -> str:
    """Return the path at which who filed a notice follows it."""
    return f"/takedown/status/{filed(scene).secret}/"


def report(scene: Scene) -> str:
    """Return the path of a released report."""
    return f"/transparency/{_report(scene).period}"


def asked(path: str) -> Callable[[Scene], str]:
    """Return a path at which a request for a permission waits; `{ask}` in it is its id."""

    def made(scene: Scene) -> str:
        return path.format(ask=_asked(scene).pk)

    return made


def after_filing(path: str) -> Callable[[Scene], str]:
    """Return a path at which there is something to see once a notice was filed."""

    def made(scene: Scene) -> str:
        filed(scene)
        return path

    return made
