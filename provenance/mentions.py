"""Find the `@handle`s in a prompt. Exact: nothing is folded, guessed or corrected, so that nobody is cast by a slip.

Whoever writes `@somebody` believes that the video will show them. So each mention names a likeness that has to permit
it, whatever is a handle or only looks like one; an address such as `a@b.example` is no mention. Pure.
"""

from __future__ import annotations

import re

MENTION = re.compile(r"(?<![\w.+-])@([\w-]+)")  # what follows: any letters of any script, so that none is cut short


def mentioned(prompt: str) -> tuple[str, ...]:
    """Return what follows each `@`, each once, in the order of the prompt."""
    return tuple(dict.fromkeys(MENTION.findall(prompt)))
