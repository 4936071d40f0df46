"""A client that knows nothing of us: the stock SDK of the /v1/videos API, with another base URL and key."""

from __future__ import annotations

import time
import warnings
from contextlib import closing

import openai

from config.demo.cast import CLIP, terms_for
from config.demo.person import Person

PATIENCE = 120  # seconds that a render may take on a slow machine


def granted(url: str) -> tuple[Person, Person]:
    """Sign up a holder and a client app, which the holder permits."""
    holder, app = Person(url, "gateway-holder", "Gail Porter-Voss"), Person(url, "gateway-app", "An App", kind="client")
    for each in (holder, app):
        each.sign_up()
    likeness = holder.register()
    holder.enrol(likeness, CLIP.read_bytes())
    terms = terms_for(app.party) | {"territories": None}
    holder.grant(holder.draft(likeness, terms)["document"])
    return holder, app


def course(url: str, holder: Person, app: Person) -> dict[str, object]:
    """Create, poll, download, remix, delete; return what each of them gave."""
    with (
        closing(holder.http),
        closing(app.http),
        warnings.catch_warnings(),
        openai.OpenAI(base_url=f"{url}/v1", api_key=app.token) as client,
    ):
        warnings.simplefilter("ignore", DeprecationWarning)  # of each method: its maker's own service has ended
        videos = client.videos
        made = videos.create(prompt=f"@{holder.handle} waves from a bridge", seconds="4", size="1280x720")
        deadline = time.monotonic() + PATIENCE
        while (found := videos.retrieve(made.id)).status in {"queued", "in_progress"} and time.monotonic() < deadline:
            time.sleep(0.3)
        data = videos.download_content(made.id).read() if found.status == "completed" else b""
        sheet = videos.download_content(made.id, variant="spritesheet").read() if data else b""
        remix = videos.remix(made.id, prompt="the same by night")
        edit = videos.edit(prompt="the same in the rain", video=("downloaded.mp4", data))
        listed = [one.id for one in videos.list(limit=2)]
        deleted = [videos.delete(one).deleted for one in (edit.id, remix.id, made.id)]
    return {
        "made": found,
        "data": data,
        "sheet": sheet,
        "children": {remix.remixed_from_video_id, edit.remixed_from_video_id},
        "listed": len(listed),
        "deleted": deleted,
    }
