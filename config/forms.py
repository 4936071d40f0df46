"""How Django's forms are drawn: by our field, wherever a form is shown, allauth's included."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Draws a form as our fields, one below the other; widgets stay Django's."""

    form_template_name = "config/components/form.html"
    field_template_name = "config/components/field.html"
