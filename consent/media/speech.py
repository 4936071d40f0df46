"""Which digits were spoken? pocketsphinx, with the US English model inside its wheel. Only the child imports this.

Three settings make it work: a grammar of exactly so many digits (a free loop hears extra ones), a floor of white
noise (digital silence derails the decoder), and a word insertion penalty of 1e-2. Accents are heard worse: nobody is
refused on this alone.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from consent.media.voice import RATE, Samples

# as the CMU dictionary spells them; "zero(2)" is a second way to say it
PRONOUNCED = {
    "zero": "Z IH R OW",
    "zero(2)": "Z IY R OW",
    "one": "W AH N",
    "two": "T UW",
    "three": "TH R IY",
    "four": "F AO R",
    "five": "F AY V",
    "six": "S IH K S",
    "seven": "S EH V AH N",
    "eight": "EY T",
    "nine": "N AY N",
}
FRAME = 480  # samples, 30 ms
MARGIN = 6_400  # samples kept on either side of the voice, 0.4 s
LOUD = 0.06  # of the loudest frame: from here on it is voice
FAINTEST = 200 / 32768  # of full scale: below it nothing is
LEAST_PEAK = 0.01  # of full scale
NOISE = 10 ** (-50 / 20)  # -50 dB of full scale
INSERTION = 1e-2


def voiced(samples: Samples) -> slice:
    """Return the part from the first loud frame to the last, with 0.4 s around it. Empty: nothing is loud."""
    whole = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    energy = np.sqrt((whole.astype(np.float64) ** 2).mean(1))
    loud = np.flatnonzero(energy > max(float(energy.max(initial=0.0)) * LOUD, FAINTEST))
    if not len(loud):
        return slice(0, 0)
    return slice(max(0, int(loud[0]) * FRAME - MARGIN), (int(loud[-1]) + 1) * FRAME + MARGIN)


def hear(samples: Samples, count: int) -> list[str] | None:
    """Return the `count` digits heard, an empty list if there were none, or `None` if nothing can listen here.

    The same sound has the same answer: the noise is seeded.
    """
    part = samples[voiced(samples)].astype(np.float64)
    peak = float(np.abs(part).max(initial=0.0))
    if peak < LEAST_PEAK:
        return []
    listener = _listener(count)
    if listener is None:
        return None
    noise = np.random.default_rng(0).normal(0, NOISE, len(part))
    sound = ((part / peak / 2 + noise).clip(-1, 1) * 32767).astype("<i2").tobytes()
    listener.start_utt()
    listener.process_raw(sound, full_utt=True)
    listener.end_utt()
    heard = listener.hyp()
    return str(heard.hypstr).split() if heard else []


def seconds_voiced(samples: Samples) -> tuple[float, float] | None:
    """Return when the voice begins and ends, in seconds; `None`: nobody speaks."""
    part = voiced(samples)
    return (part.start / RATE, min(part.stop, len(samples)) / RATE) if part.stop else None


@cache
def _listener(count: int) -> Any | None:  # noqa: ANN401 - pocketsphinx has no types
    """Make a decoder for exactly `count` digits. `None`: pocketsphinx is not installed for this Python."""
    try:
        import pocketsphinx
    except ImportError:
        return None
    model = pocketsphinx.get_model_path("en-us/en-us")
    decoder = pocketsphinx.Decoder(hmm=model, dict=None, lm=None, wip=INSERTION, loglevel="FATAL")
    for number, (word, sounds) in enumerate(PRONOUNCED.items(), 1):
        decoder.add_word(word, sounds, number == len(PRONOUNCED))
    words = " | ".join(word for word in PRONOUNCED if "(" not in word)
    grammar = f"#JSGF V1.0;\ngrammar digits;\npublic <digits> = {'<digit> ' * count};\n<digit> = {words};\n"
    decoder.add_jsgf_string("digits", grammar)
    decoder.activate_search("digits")
    return decoder
