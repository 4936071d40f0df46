"""The closed lists that terms and uses are written in.

Pure. Lists are only ever added to, and a word never changes its meaning: people have signed it. What each word
says to a person stands in `consent.wording`; docs/design/terms.md maps each to ODRL 2.2 and DPV.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MAX_WINDOW: Final = timedelta(days=3653)  # ten years, leap days included: no living person signs away longer
MAX_AUDIENCE: Final = 64  # parties in one grant; more is a second grant
MAX_EXCEPT: Final = 64  # parties left out in one grant; whoever is to be kept out of everything is excluded once
MAX_LIST: Final = 64  # campaigns, banned words, languages, others in a picture
MAX_SCRIPTS: Final = 16
MAX_SCRIPT: Final = 1000  # characters
MAX_COUNT: Final = 1_000_000  # uses, or seconds
MAX_DEPTH: Final = 16  # remixes of remixes
MAX_DESCRIPTION: Final = 2000  # characters
MAX_CREDIT: Final = 120  # characters
MAX_CAMPAIGN: Final = 64  # characters
MAX_APPROVAL_HOURS: Final = 720
MAX_SPLIT: Final = 16  # parties that share a rate

PURPOSES: Final = ("personal", "entertainment", "satire", "education", "advertising")

# What of a person is shown or heard. A use that does not say counts as one that shows and lets hear.
MODALITIES: Final = ("face", "voice", "name", "body")
UNSAID: Final = frozenset({"face", "voice", "body"})

# What may be shown. Each scene of a video is of one or more of these; `everyday` is what none of the others is.
SCENES: Final = (
    "everyday",
    "swimwear",
    "romance",
    "violence",
    "politics",
    "religion",
    "endorsement",
    "alcohol",
    "health",
    "crime",
    "intimate",
)
NEVER_GRANTED: Final = frozenset({"intimate"})  # nobody can sign this away here, and no grant covers it

SPEECH: Final = ("none", "scripts", "own_words")
AFTER_END: Final = ("hide", "delete", "keep", "keep_with_label")
REPRESENTATION: Final = ("none", "counsel", "union")  # who advised the signer (California Labor Code 927)
RATE_PER: Final = ("second", "use", "view")

# A grant that reaches this far needs a fresh proof of the person beside the signature.
BROAD_PURPOSES: Final = frozenset({"advertising"})
BROAD_SCENES: Final = frozenset({"politics", "romance", "swimwear"})

# ISO 4217, with the number of decimals that money in them is paid in.
CURRENCIES: Final = {
    "AED": 2, "ARS": 2, "AUD": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CLP": 0, "CNY": 2, "COP": 2, "CZK": 2,
    "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2, "HUF": 2, "IDR": 2, "ILS": 2, "INR": 2, "JPY": 0, "KRW": 0,
    "MXN": 2, "MYR": 2, "NOK": 2, "NZD": 2, "PEN": 2, "PHP": 2, "PLN": 2, "RON": 2, "SEK": 2, "SGD": 2,
    "THB": 2, "TRY": 2, "TWD": 2, "UAH": 2, "USD": 2, "UYU": 2, "VND": 0, "ZAR": 2,
}  # fmt: skip
