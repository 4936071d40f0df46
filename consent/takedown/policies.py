"""The published policies: for what a video is taken down, labelled or left, in words and as the law calls it. Pure.

A closed table, only ever added to: codes stand in rulings. A text that changes gets a new `version`; a ruling is
judged by the texts of its day. Grounds, categories and keywords are those of the DSA database, which
`consent.reasons_statement` has; "" means that a decision under the policy restricts nothing, and so needs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.problem import Problem

VERSION: Final = "2026-11"
RESTRICTING: Final = frozenset({"remove", "disable", "label", "demonetise", "block_future"})
SPARING: Final = frozenset({"refuse", "restore"})


class PolicyRefused(Problem):
    """There is no such policy, it has no such reason, or it does not carry this action."""

    code: ClassVar[str] = "policy-refused"
    title: ClassVar[str] = "A decision needs a policy and one of its reasons"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason within a policy: the sentence that those affected read."""

    code: str
    english: str
    spanish: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. `block`: the code of `consent.revocation_reasons.BLOCKS` for what is taken down under it."""

    code: str
    english: str
    spanish: str
    actions: frozenset[str]
    reasons: tuple[Reason, ...]
    ground: str = ""
    category: str = ""
    keyword: str = ""
    law: str = ""  # the law, where the ground is one; "": our own rules
    block: str = "notice"
    version: str = VERSION

    def reason(self, code: str) -> Reason:
        """Return one of its reasons. Raises `PolicyRefused`."""
        found = next((each for each in self.reasons if each.code == code), None)
        if found is None:
            remedy = f"Give one of these: {', '.join(each.code for each in self.reasons)}."
            raise PolicyRefused("The policy has no such reason.", pointer="/reason", remedy=remedy)
        return found


ILLEGAL: Final = "DECISION_GROUND_ILLEGAL_CONTENT"
RULES: Final = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
POLICIES: Final = {
    policy.code: policy
    for policy in (
        Policy(
            "likeness",
            "Nobody's face or voice is shown without their permission, or beyond it.",
            "No se muestra la cara ni la voz de nadie sin su permiso, ni más allá de él.",
            RESTRICTING,
            (
                Reason(
                    "no-consent",
                    "The person shown gave no permission for it.",
                    "La persona que aparece no dio permiso.",
                ),
                Reason(
                    "beyond-consent",
                    "The video goes beyond what was permitted.",
                    "El vídeo va más allá de lo permitido.",
                ),
                Reason(
                    "rights-of-the-dead",
                    "Those who decide for somebody who has died object.",
                    "Quienes deciden por una persona fallecida se oponen.",
                ),
            ),
            RULES,
            "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
            "KEYWORD_MISSING_PROCESSING_GROUND",
        ),
        Policy(
            "intimate",
            "No intimate image of anybody who did not agree to it, real or made.",
            "Ninguna imagen íntima, real o fabricada, de quien no lo consintió.",
            frozenset({"remove", "block_future"}),
            (
                Reason(
                    "intimate-image",
                    "The video shows somebody in an intimate way that they did not agree to.",
                    "El vídeo muestra a alguien de forma íntima sin su acuerdo.",
                ),
            ),
            ILLEGAL,
            "STATEMENT_CATEGORY_CYBER_VIOLENCE",
            "KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE",
            "TAKE IT DOWN Act (US), and the law on intimate images where it is shown",
            "intimate",
        ),
        Policy(
            "minor",
            "No child is shown in a way that is not permitted for a child.",
            "Ningún menor aparece de un modo que no está permitido para menores.",
            frozenset({"remove", "block_future"}),
            (
                Reason(
                    "minor",
                    "The video shows a minor in a way that is not permitted.",
                    "El vídeo muestra a una persona menor de edad de un modo que no está permitido.",
                ),
            ),
            RULES,
            "STATEMENT_CATEGORY_PROTECTION_OF_MINORS",
            block="minor",
        ),
        Policy(
            "deception",
            "No video passes as something that it is not: labels stay, and nobody is impersonated.",
            "Ningún vídeo se hace pasar por lo que no es: las etiquetas se quedan y nadie es suplantado.",
            RESTRICTING,
            (
                Reason(
                    "impersonation", "The video pretends to be somebody.", "El vídeo se hace pasar por otra persona."
                ),
                Reason(
                    "label-missing",
                    "The video does not say that it was made by a machine.",
                    "El vídeo no dice que fue hecho por una máquina.",
                ),
            ),
            RULES,
            "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
            "KEYWORD_IMPERSONATION_ACCOUNT_HIJACKING",
            block="rules-broken",
        ),
        Policy(
            "work",
            "No character or work of somebody else's without their permission.",
            "Ningún personaje ni obra de otra persona sin su permiso.",
            RESTRICTING,
            (Reason("copyright", "The video uses a work without permission.", "El vídeo usa una obra sin permiso."),),
            ILLEGAL,
            "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
            "KEYWORD_COPYRIGHT_INFRINGEMENT",
            "The law of copyright where it is shown; notices as in 17 U.S.C. 512(c)",
        ),
        Policy(
            "permitted",
            "A video stays if it may be shown: it was permitted, or a right such as that to news or parody covers it.",
            "Un vídeo se queda si puede mostrarse: fue permitido o lo ampara un derecho, como informar o parodiar.",
            SPARING,
            (
                Reason("consented", "The person shown permitted it.", "La persona que aparece lo permitió."),
                Reason(
                    "excluded",
                    "It is news, documentary, commentary or parody, which may be shown.",
                    "Es noticia, documental, comentario o parodia, y puede mostrarse.",
                ),
                Reason("not-shown", "It does not show whom the notice names.", "No muestra a quien nombra el aviso."),
                Reason(
                    "no-proof",
                    "What we have does not show that it breaks a rule.",
                    "Lo que tenemos no demuestra que incumpla una norma.",
                ),
                Reason(
                    "counter-notice",
                    "Whose video it is swore that it may be shown, and nobody went to court.",
                    "El titular del vídeo juró que puede mostrarse y nadie acudió a un juez.",
                ),
                Reason("on-appeal", "We looked again, and were wrong.", "Lo revisamos y estábamos equivocados."),
                Reason("our-mistake", "We made a mistake.", "Cometimos un error."),
            ),
        ),
        Policy(
            "abuse",
            "Nobody uses notices to silence others with what is not true.",
            "Nadie usa los avisos para callar a otros con lo que no es cierto.",
            frozenset({"refuse"}),
            (
                Reason(
                    "false-statement",
                    "What the notice swears to is not true.",
                    "Lo que jura el aviso no es cierto.",
                ),
                Reason(
                    "not-entitled",
                    "Whoever wrote it may not act for the person named.",
                    "Quien lo escribió no puede actuar por la persona nombrada.",
                ),
                Reason(
                    "repeated-unfounded",
                    "The same was said before, and had no ground.",
                    "Lo mismo se dijo antes y carecía de fundamento.",
                ),
            ),
        ),
    )
}


def checked(action: str, policy: str, reason: str) -> tuple[Policy, Reason]:
    """Return policy and reason of a decision. Raises `PolicyRefused`; an empty one is refused like an unknown one."""
    found = POLICIES.get(policy)
    if found is None:
        remedy = f"Use one of: {', '.join(sorted(POLICIES))}."
        raise PolicyRefused("There is no such policy.", pointer="/policy", remedy=remedy)
    if action not in found.actions:
        remedy = f"It carries: {', '.join(sorted(found.actions))}."
        raise PolicyRefused("This policy does not carry this action.", pointer="/action", remedy=remedy)
    return found, found.reason(reason)
