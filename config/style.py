"""The living style guide: every part that pages are made of, as it is drawn today. Development only."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config import icons
from ledger.problem import Problem


class Example(forms.Form):
    """One field of each kind, some filled in wrongly."""

    name = forms.CharField(label="Your name", help_text="As you would sign a letter.")
    email = forms.EmailField(label="E-mail address", help_text="Only to tell you what happens.")
    why = forms.CharField(label="What happened", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    country = forms.ChoiceField(label="Country", choices=[("ES", "Spain"), ("US", "United States")])
    who = forms.ChoiceField(
        label="Who are you?",
        widget=forms.RadioSelect,
        choices=[
            ("self", "I am the person in the video"),
            ("parent", "I am a parent"),
            ("agent", "I act for somebody"),
        ],
    )
    evidence = forms.FileField(label="A screenshot", required=False, help_text="PNG or JPEG, up to 10 MB.")
    sworn = forms.BooleanField(label="What I wrote is true, as far as I know.")


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show every part. Absent in production: it is for who builds pages."""
    if not settings.DEVELOPMENT:
        raise Http404
    now = timezone.now()
    shown = {
        "form": Example(),
        "wrong": Example({"email": "nobody", "who": "king", "name": "Ada"}),
        "problem": Problem("That link has expired.", pointer="#/email", remedy="Ask for a new one below."),
        "icons": icons.DRAWN,
        "states": ("good", "bad", "warn", "open", "info", "paused"),
        "now": now,
        "later": now + timedelta(days=3),
        "soon": now + timedelta(hours=5),
        "past": now - timedelta(hours=2),
        "queues": [
            {"url": "#", "label": "Intimate images", "count": 3, "due": "1 due", "current": True},
            {"url": "#", "label": "Impersonation", "count": 12},
            {"url": "#", "label": "Appeals", "count": 4},
        ],
    }
    frames = {"portal": "config/portal.html", "console": "config/console.html"}
    return render(
        request, "config/style.html", shown | {"frame": frames.get(request.GET.get("frame", ""), "config/base.html")}
    )
