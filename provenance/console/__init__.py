"""The moderators' pages. Staff with a second factor only; each page asks for a permission each time.

`desk` and `second_words` show what waits, `case` one case, `media` its pictures on record, `decide` what one does with
it, `found` what the palette finds. Pages for claims, enrolments, appeals and figures add their own `urlpatterns`.
"""

from __future__ import annotations

from django.urls import path

from provenance.console import case, decide, desk, found, media, second_words

urlpatterns = [
    path("console/", desk.overview, name="console-home"),
    path("console/queues/<slug:queue>", desk.queue, name="console-queue"),
    path("console/queues/<slug:queue>/next", desk.take_next, name="console-queue-next"),
    path("console/queues/<slug:queue>/<uuid:item>/take", desk.take, name="console-queue-take"),
    path("console/work/<uuid:assignment>/keep", desk.keep, name="console-work-keep"),
    path("console/work/<uuid:assignment>/put-back", desk.put_back, name="console-work-put-back"),
    path("console/work/<uuid:assignment>/skip", desk.skip, name="console-work-skip"),
    path("console/find", found.find, name="console-find"),
    path("console/cases/by-id/<uuid:item>", case.by_id, name="console-case-by-id"),
    path("console/cases/<slug:number>", case.case, name="console-case"),
    path("console/cases/<slug:number>/beside/<slug:act>", case.beside, name="console-case-beside"),
    path("console/cases/<slug:number>/notices/<slug:notice>", case.notice, name="console-case-notice"),
    path("console/cases/<slug:number>/evidence/<uuid:evidence>", case.evidence, name="console-case-evidence"),
    path("console/cases/<slug:number>/decide", decide.decide, name="console-case-decide"),
    path("console/cases/<slug:number>/look", media.look, name="console-case-look"),
    path("console/cases/<slug:number>/media/<slug:variant>", media.content, name="console-case-media"),
    path("console/veil", media.veil, name="console-veil"),
    path("console/second-words", second_words.waiting, name="console-second-words"),
    path("console/second-words/<slug:sort>/<uuid:item>", second_words.answer, name="console-second-word"),
]
