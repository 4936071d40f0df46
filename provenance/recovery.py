"""Find the published video that a file is a copy of, when the file itself proves nothing any more.

"Recovered by fingerprint: content matches stamp X, bytes changed". Never "authentic": that two pictures look alike says
nothing about who made this file, nor whether what was said over it was changed.

Only what was published once is named, with whether consent for it stands now: of drafts, and of videos that nobody
was shown, strangers learn nothing (I11). What differs more than `FOUND` is nobody's match here; up to `NEAR` it is for
a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from consent.media.guard import UnsafeContainer
from ledger.problem import Problem
from provenance import fingerprint, fingerprinter, fingerprints, sentences
from provenance.fingerprint import FOUND, Print
from provenance.fingerprints import Near
from provenance.models import Stamp, Video
from provenance.report import Answer, Match, Recovered, Recovery
from provenance.standing import PUBLISHED_ONCE, UNKNOWN, WORDS, public_standing

MOST_MATCHES: Final = 10  # videos named for one file; a compilation of more is named in part


def recover(path: Path) -> Match | None:
    """Return the published video that the file at `path` matches best; `None`: there is none.

    Raises what `fingerprinter.of` raises: then nothing was learnt.
    """
    found = matches(unverified_prints(path))
    return found[0] if found else None


def answer(path: Path) -> Recovered:
    """Return the part of a verification report. Whatever fails here is "could not check", with its code."""
    try:
        found = matches(unverified_prints(path))
    except (UnsafeContainer, fingerprinter.FingerprintFailed) as refusal:
        return _answered(Recovery.COULD_NOT_CHECK, refusal.code)
    except (OSError, Problem):
        return _answered(Recovery.COULD_NOT_CHECK, "no-answer")
    if not found:
        return _answered(Recovery.NOTHING)
    return Recovered(Answer(Recovery.RECOVERED, sentences.of(Recovery.RECOVERED)), tuple(found))


def unverified_prints(path: Path) -> tuple[Print, ...]:
    """Return the prints of a file that may be cut anywhere. Raises as `fingerprinter.of` does."""
    return fingerprinter.of(path, sound_hop=1)


def matches(prints: Iterable[Print], *, most: int = MOST_MATCHES) -> list[Match]:
    """Return the published videos that have windows like these, the nearest first, at most `most`."""
    found: list[Match] = []
    all_near = fingerprints.nearest(prints, FOUND)
    ids = [near.video for near in all_near]
    # In one question: of what was never shown not even the time tells how much of it is like the file.
    public = set(Video.objects.filter(PUBLISHED_ONCE, pk__in=ids).values_list("pk", flat=True))
    for near in (one for one in all_near if one.video in public):
        if len(found) == most:
            break
        match = _named(near)
        found += [match] if match else []
    return found


def _named(near: Near) -> Match | None:
    """Return the match, if the public may know of the video."""
    standing = public_standing(near.video)
    stamp = Stamp.objects.filter(video=near.video).first()
    if standing == UNKNOWN or stamp is None:
        return None
    best = min(near.windows, key=lambda window: window.distance)
    return Match(
        video=str(near.video),
        manifest_label=stamp.manifest_label,
        distance=near.distance,
        similarity=fingerprint.similarity(near.distance),
        kind=best.kind.value,
        mirrored=best.mirrored,
        stretches=near.stretches,
        standing=standing,
        standing_sentence=WORDS[standing],
    )


def _answered(verdict: Recovery, *codes: str) -> Recovered:
    return Recovered(Answer(verdict, sentences.of(verdict), codes))
