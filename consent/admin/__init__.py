"""The console's view of consent: everything can be read, nothing can be changed here.

What people signed changes by what people sign, never by a form.
"""

from consent.admin import casework, records, takedown  # noqa: F401 - imported for their registrations
