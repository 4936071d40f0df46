"""The moderators' pages for what people review: enrolments, claims of authority, likely copies; and who may do what.

Beside `/console/` and under the same rules: staff with a second factor, a permission at each request, nothing cached.
Sealed clips and documents are seen in one way only: asked for with a reason, let through by a colleague, on record.
"""

from __future__ import annotations

from django.urls import path

from provenance.reviewing import claims, enrolments, likely_copies, names, revocations, sealed, who_may

urlpatterns = [
    path("console/enrolments", enrolments.waiting, name="console-enrolments"),
    path("console/enrolments/<uuid:item>", enrolments.enrolment, name="console-enrolment"),
    path("console/claims", claims.waiting, name="console-claims"),
    path("console/claims/<uuid:item>", claims.claim, name="console-claim"),
    path("console/claims/<uuid:item>/read", claims.read, name="console-claim-read"),
    path("console/likely-copies", likely_copies.waiting, name="console-copies"),
    path("console/likely-copies/<int:number>", likely_copies.copy, name="console-copy"),
    path("console/revocations", revocations.listed, name="console-revocations"),
    path("console/revocations/new", revocations.new, name="console-revocation-new"),
    path("console/revocations/<uuid:item>", revocations.revocation, name="console-revocation"),
    path("console/names", names.listed, name="console-names"),
    path("console/names/new", names.new, name="console-name-new"),
    path("console/names/<uuid:item>", names.name, name="console-name"),
    path("console/sealed/<slug:source>/<uuid:item>/ask", sealed.ask, name="console-sealed-ask"),
    path("console/sealed/<uuid:proposal>/answer", sealed.answer, name="console-sealed-answer"),
    path("console/sealed/<uuid:proposal>/look", sealed.look, name="console-sealed-look"),
    path("console/roles", who_may.matrix, name="console-roles"),
    path("console/staff", who_may.people, name="console-staff"),
]
