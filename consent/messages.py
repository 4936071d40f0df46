"""Tell a party what it must know at once: in its messages, and by e-mail if its log-in has an address.

The message is written in the transaction of what it tells. The e-mail leaves after the commit (`consent.mailing`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from django.conf import settings
from django.db import transaction

from consent import clock, mailing
from consent.models import Message
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from consent.models import Party
    from ledger.models import Entry

TASK: Final = "consent.tasks.send_message"

SUBJECTS: Final = {
    Message.Kind.KEY_ADDED: "A new key was added to your account",
    Message.Kind.KEY_ROTATED: "A key of your account was replaced",
    Message.Kind.KEY_REVOKED: "A key of your account was taken out of use",
    Message.Kind.CONSENT_REVOKED: "A permission that you gave was ended / Se terminó un permiso suyo",
    Message.Kind.CONSENT_SUSPENDED: "A permission that you gave was suspended / Se suspendió un permiso suyo",
    Message.Kind.CONSENT_RESUMED: "A permission that you gave is in force again / Un permiso suyo vuelve a valer",
    Message.Kind.APPROVAL_ASKED: "A video with you waits for your yes / Un vídeo con usted espera su sí",
    Message.Kind.PERMISSION_ASKED: "Somebody asks for your permission / Alguien le pide permiso",
    Message.Kind.VIDEOS_STOPPED: "Videos of yours are no longer shown / Ya no se muestran vídeos suyos",
    Message.Kind.GRANT_ENDED: "A permission that named you has ended / Terminó un permiso que le nombraba",
    Message.Kind.WEBHOOK_DISABLED: "A webhook of yours was switched off / Se desactivó un webhook suyo",
}
NEWS: Final = {
    Message.Kind.CONSENT_REVOKED: """We ended permission that you gave: {what}. {english}
Nothing is rendered under it any more, and what was made under it is no longer shown here, unless the permission itself
says that it stays.

Hemos terminado un permiso que usted dio: {what}. {spanish}
Con él ya no se crea nada, y lo creado con él ya no se muestra aquí, salvo que el propio permiso diga que
permanece.

{appeal}
""",
    Message.Kind.CONSENT_SUSPENDED: """We suspended permission that you gave: {what}. {english}
While it is suspended nothing is rendered under it, and what was made under it is not shown here. Nothing is deleted.

Hemos suspendido un permiso que usted dio: {what}. {spanish}
Mientras tanto no se crea nada con él ni se muestra lo ya creado. No se borra nada.

{appeal}
""",
    Message.Kind.CONSENT_RESUMED: """The suspension of permission that you gave was lifted: {what}.
It stands again, as you signed it. You can withdraw it at any time.

Se levantó la suspensión de un permiso que usted dio: {what}.
Vuelve a valer tal como usted lo firmó. Puede retirarlo en cualquier momento.
""",
    Message.Kind.APPROVAL_ASKED: """A video that shows you was made, and waits for you.
Until you say yes, only people whom it shows can see it.
Please look at it: {url}/v1/videos/{video}/content
Then answer by {until}: POST {url}/v1/approvals/{approval} with "yes" or "no".
You owe nobody a reason. If you do not answer, the answer is no.

Se ha hecho un vídeo en el que aparece usted, y le está esperando.
Hasta que usted diga que sí, solo pueden verlo quienes aparecen en él.
Por favor, mírelo: {url}/v1/videos/{video}/content
Responda antes del {until}: POST {url}/v1/approvals/{approval} con "yes" (sí) o "no".
No tiene que dar ningún motivo. Si no responde, la respuesta es no.
""",
    Message.Kind.PERMISSION_ASKED: """Somebody would like to make videos with your likeness, and asks you first.
Nothing is permitted unless you read it and sign it: {url}/me/asks/{ask}
There you see who asks, for what, and what it would allow. You can sign it, make it smaller, or say no.
You owe nobody an answer or a reason. If you do nothing, it is over on {until}, and nobody is told why.

A alguien le gustaría crear vídeos con su imagen y antes le pregunta.
No se permite nada si usted no lo lee y lo firma: {url}/me/asks/{ask}
Ahí ve quién lo pide, para qué y qué permitiría. Puede firmarlo, hacerlo más pequeño o decir que no.
No debe a nadie una respuesta ni un motivo. Si no hace nada, termina el {until} y a nadie se le dice por qué.
""",
    Message.Kind.VIDEOS_STOPPED: """Videos that you made, or that show you, are no longer shown here: {count}.
{english}
This message does not say that you did anything wrong, and there is nothing that you must do.

Vídeos que usted hizo, o en los que aparece, ya no se muestran aquí: {count}.
{spanish}
Este mensaje no dice que usted haya hecho algo mal, y no tiene que hacer nada.

{appeal}
""",
    Message.Kind.GRANT_ENDED: """A permission that named you has ended: {what}.
You can begin nothing under it any more, and what was made under it is no longer shown here, unless the permission
itself says that it stays.

Terminó un permiso que le nombraba: {what}.
Con él ya no puede empezar nada, y lo creado con él ya no se muestra aquí, salvo que el propio permiso diga que
permanece.
""",
    Message.Kind.WEBHOOK_DISABLED: """A webhook of yours was switched off: {webhook}.
It said that it is gone, or it took nothing for three days. Nothing more is sent there.
What was not delivered is listed: {url}/v1/webhooks/{webhook}/deliveries
When it answers again, switch it on (PATCH {url}/v1/webhooks/{webhook} with "enabled": true) and replay what you missed.

Se desactivó un webhook suyo: {webhook}.
Dijo que ya no existe, o no aceptó nada durante tres días. No se le envía nada más.
Lo que no se entregó está en la lista: {url}/v1/webhooks/{webhook}/deliveries
Cuando vuelva a responder, actívelo (PATCH {url}/v1/webhooks/{webhook} con "enabled": true) y repita lo que faltó.
""",
}
FOOT: Final = """
{day}, {time} UTC. {url}
The entry in the public log / la entrada en el registro público: {commit}
"""
WHAT: Final = {
    Message.Kind.KEY_ADDED: (
        "A new signing key was added to your account: {key_id}. It can sign grants for your likeness."
    ),
    Message.Kind.KEY_ROTATED: (
        "The signing key {old_key_id} of your account was replaced by a new one: {key_id}. "
        "The new one can sign grants for your likeness; the old one signs nothing more."
    ),
    Message.Kind.KEY_REVOKED: "The signing key {key_id} of your account was taken out of use. It signs nothing more.",
}
WHAT_NOW: Final = {
    Message.Kind.KEY_ADDED: "take the key out of use (DELETE {url}/v1/parties/me/keys/{key_id})",
    Message.Kind.KEY_ROTATED: "take the new key out of use (DELETE {url}/v1/parties/me/keys/{key_id})",
    Message.Kind.KEY_REVOKED: "add a key of your own (POST {url}/v1/parties/me/keys)",
}
TEXT: Final = """{what}
This happened on {day} at {time} UTC.

If it was you, there is nothing to do.

If it was not you, somebody else can act in your name. Do this now, in this order:
1. Withdraw your likenesses, so that nobody can use them (POST {url}/v1/withdrawals). This works at once.
2. Then {now}.
3. Look at every key that was ever yours, and at every grant: {url}/v1/parties/me/keys and {url}/v1/grants
4. Tell the people who run this service. What was signed since then can be shown to be not yours.

We never ask for a password, a token or a key by e-mail. The entry in the public log is {commit}.
"""


class MessageMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "message-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such message"


def tell(party: Party, kind: Message.Kind, entry: Entry, **facts: str) -> Message:
    """Write a message about an entry, in the transaction that appends it; have it sent once that has committed."""
    at = clock.now()
    facts["url"] = settings.PUBLIC_URL
    text = TEXT.format(
        what=WHAT[kind].format(**facts),
        now=WHAT_NOW[kind].format(**facts),
        day=f"{at:%-d %B %Y}",
        time=f"{at:%H:%M}",
        commit=entry.commit_text,
        url=settings.PUBLIC_URL,
    )
    return write(party, kind, entry, subject=SUBJECTS[kind], text=text)


def inform(party: Party, kind: Message.Kind, entry: Entry, **facts: str) -> Message:
    """Write news that no warning belongs to, in English and Spanish; otherwise as `tell`."""
    foot = FOOT.format(
        day=f"{entry.created_at:%-d %B %Y}",
        time=f"{entry.created_at:%H:%M}",
        url=settings.PUBLIC_URL,
        commit=entry.commit_text,
    )
    return write(
        party, kind, entry, subject=SUBJECTS[kind], text=NEWS[kind].format(url=settings.PUBLIC_URL, **facts) + foot
    )


def write(party: Party, kind: Message.Kind, entry: Entry, *, subject: str, text: str) -> Message:
    """Write a message whose words somebody else chose, in the transaction that appends the entry."""
    due = clock.now() if mailing.address_of(party) else None
    message = Message.objects.create(party=party, kind=kind, subject=subject, text=text, entry=entry, mail_due_at=due)
    if due is not None:
        transaction.on_commit(partial(mailing.ring, TASK, message.pk))
    return message


def mark_read(message_id: UUID, *, actor: Party) -> Message:
    """Note that the party has read a message. Twice is once. Raises `MessageMissing`."""
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=message_id, party=actor).first()
        if message is None:
            raise MessageMissing("There is no such message to you.", remedy="Use an id that the list of messages gave.")
        if message.read_at is None:
            message.read_at = clock.now()
            message.save(update_fields=["read_at"])
    return message


def send(message_id: UUID) -> bool:
    """Send a message that is due by e-mail; return whether it left now."""
    message = mailing.claim(Message.objects.select_related("party__user"), message_id)
    if message is None:
        return False
    address = mailing.address_of(message.party)
    if address is None:
        Message.objects.filter(pk=message.pk).update(mail_due_at=None)
        return False
    if not mailing.post(message.pk, address, message.subject, message.text):
        return False
    Message.objects.filter(pk=message.pk).update(mail_due_at=None, mailed_at=clock.now())
    return True


def sweep() -> int:
    """Ring for what is due; return how many. Any number of sweepers may run."""
    return mailing.sweep(Message.objects.all(), TASK)
