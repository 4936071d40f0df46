"""Celery's way in: each task is a doorbell that calls one verb."""

from uuid import UUID

from celery import shared_task

from consent import (
    approvals,
    ask_delivery,
    asks,
    clock,
    denials,
    farewells,
    limits,
    login_letters,
    messages,
    revocations,
    suspensions,
)
from consent.casework import bulks, erasures, sampling, schedule
from consent.oauth import authorisations, replays
from consent.takedown import drafts, floods, strikes, upkeep
from consent.takedown import letters as takedown_letters
from consent.webhooks import deliveries
from ledger import erasure


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def drain_overdue() -> None:
    """Make effective the withdrawals and suspensions whose door did not live to do it."""
    revocations.drain_overdue()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def resume_due() -> None:
    """Lift the suspensions that were promised to end by now."""
    suspensions.resume_due()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def expire_approvals() -> None:
    """Write down the no of those who did not answer in time."""
    approvals.expire_due()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def deliver_asks() -> None:
    """Tell people what they are asked for."""
    ask_delivery.deliver_due()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def expire_asks() -> None:
    """Write down which requests for permission are over, and forget what old ones said."""
    asks.expire_due()
    asks.forget_old()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def digest_denials() -> None:
    """Log the hour's denials."""
    denials.digest_denials()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def finish_erasures() -> None:
    """Erase whom a process that died had begun to erase."""
    erasure.finish()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def send_message(message_id: str) -> None:
    """Send one e-mail."""
    messages.send(UUID(message_id))


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_messages() -> None:
    """Ring for what was not sent."""
    messages.sweep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def send_login_letter(letter_id: str) -> None:
    """Send one e-mail about a log-in."""
    login_letters.send(UUID(letter_id))


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_login_letters() -> None:
    """Ring for what was not sent."""
    login_letters.sweep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def send_farewell(farewell_id: str) -> None:
    """Send the last e-mail to somebody who was erased."""
    farewells.send(UUID(farewell_id))


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_farewells() -> None:
    """Ring for what was not sent, and give up what is too old."""
    farewells.sweep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def deliver_webhooks(endpoint_id: str) -> None:
    """Send what is due at one endpoint."""
    deliveries.deliver(UUID(endpoint_id))


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_webhooks() -> None:
    """Ring for what was not sent."""
    deliveries.sweep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def forget_webhooks() -> None:
    """Delete what the log of deliveries shows no more."""
    deliveries.forget_old()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def send_letter(letter_id: str) -> None:
    """Send one letter to somebody who filed a notice."""
    takedown_letters.send(UUID(letter_id))


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_letters() -> None:
    """Ring for letters that were not sent."""
    takedown_letters.sweep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def keep_cases() -> None:
    """Note what is late in takedown cases, keep the dates that were set, renew what has no end."""
    upkeep.keep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def finalise_takedowns() -> None:
    """Owe nothing more for what was removed and not appealed in six months."""
    upkeep.finalise(clock.now())


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def forget_filings() -> None:
    """Delete drafts, counts and strikes whose time is over."""
    drafts.sweep()
    floods.sweep()
    strikes.sweep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def run_scheduled_acts() -> None:
    """Carry out what members of staff scheduled for now."""
    schedule.run_due()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def run_bulks() -> None:
    """Go on with acts upon many items."""
    bulks.run_all()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def finish_erasures_on_behalf() -> None:
    """Erase whom two of the staff decided to erase."""
    erasures.finish()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def draw_second_looks() -> None:
    """Draw from what was decided yesterday."""
    sampling.take_yesterday()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def forget_tokens() -> None:
    """Delete apps' tokens that ended, and proofs that are too old to be shown again."""
    authorisations.forget()
    replays.forget()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def forget_requests() -> None:
    """Delete the meters of those who have not asked for a while."""
    limits.sweep()
