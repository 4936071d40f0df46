"""The moderators' pages for what comes after a decision, or from a court: appeals, counter-notices, orders.

Under the rules of `/console/`: staff with a second factor, a permission at each request, nothing cached. What the sides
wrote is opened by who has the matter in hand, and each opening is on record.
"""

from __future__ import annotations

from django.urls import path

from provenance.hearings import appeals, counter_notices, orders

urlpatterns = [
    path("console/appeals/<uuid:item>", appeals.appeal, name="console-appeal"),
    path("console/appeals/<uuid:item>/read", appeals.read, name="console-appeal-read"),
    path("console/appeals/<uuid:item>/decide", appeals.decide, name="console-appeal-decide"),
    path("console/counter-notices/<uuid:item>", counter_notices.counter_notice, name="console-counter-notice"),
    path("console/counter-notices/<uuid:item>/read", counter_notices.read, name="console-counter-notice-read"),
    path("console/counter-notices/<uuid:item>/decide", counter_notices.decide, name="console-counter-notice-decide"),
    path("console/orders", orders.listed, name="console-orders"),
    path("console/orders/new", orders.new, name="console-order-new"),
    path("console/orders/<uuid:item>", orders.order, name="console-order"),
    path("console/orders/<uuid:item>/read", orders.read, name="console-order-read"),
    path("console/orders/<uuid:item>/document", orders.document, name="console-order-document"),
]
