"""The moderators' pages above single items: many at once, replies, what is planned, second looks, and figures.

Under the rules of `/console/`: staff with a second factor, a permission at each request, nothing cached.
"""

from __future__ import annotations

from django.urls import path

from provenance.oversight import bulks, figures, plans, quality, replies

urlpatterns = [
    path("console/bulks", bulks.listed, name="console-bulks"),
    path("console/bulks/new", bulks.new, name="console-bulk-new"),
    path("console/bulks/<uuid:item>", bulks.bulk, name="console-bulk"),
    path("console/replies", replies.listed, name="console-replies"),
    path("console/replies/new", replies.new, name="console-reply-new"),
    path("console/replies/<slug:name>", replies.reply, name="console-reply"),
    path("console/plans", plans.listed, name="console-plans"),
    path("console/plans/<uuid:item>/cancel", plans.cancel, name="console-plan-cancel"),
    path("console/quality", quality.figures, name="console-quality"),
    path("console/quality/draw", quality.draw, name="console-quality-draw"),
    path("console/second-looks", quality.waiting, name="console-second-looks"),
    path("console/second-looks/<uuid:item>", quality.sample, name="console-second-look"),
    path("console/second-looks/<uuid:item>/read", quality.read, name="console-second-look-read"),
    path("console/figures", figures.dashboard, name="console-figures"),
]
