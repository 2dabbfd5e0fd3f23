"""Jobs of this app: mails that leave after the page was answered, and the long works of « Mes travaux »."""

from __future__ import annotations

from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from core import rls
from parties import jobs, services
from parties.actors import Actor
from parties.enums import Role
from parties.models import ExceptionalAccess, Membership, Territory, User

#: Kind of notice → subject. The body is the template of the same name.
NOTICES = {
    "new_device": "Cosigne : connexion depuis un nouveau navigateur",
    "factor_added": "Cosigne : un second facteur est ajouté à votre compte",
    "factor_removed": "Cosigne : un second facteur est retiré de votre compte",
    "factor_reset": "Cosigne : votre second facteur est réinitialisé",
    "codes_renewed": "Cosigne : vos codes de secours sont remplacés",
    "linked": "Cosigne : votre compte est relié à ProConnect",
}


@app.task(name="parties.send_account_notice", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def send_account_notice(*, user_id: int, kind: str, details: dict[str, str]) -> None:
    """Tell a person what was done with their account, so that somebody else's act does not go unseen."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    body = render_to_string(f"parties/mail/{kind}.txt", {"user": user, **details})
    EmailMessage(NOTICES[kind], body, to=[user.email]).send()


@app.task(name="parties.send_password_reset", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def send_password_reset(*, user_id: int | None, site: str) -> None:
    """Send the link that lets a person choose another password; nothing for nobody (see the service)."""
    if user_id is None:
        return
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    parts = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    context = {"user": user, "link": f"{site}{reverse('password-choose', kwargs=parts)}"}
    body = render_to_string("parties/mail/password_reset.txt", context)
    EmailMessage("Cosigne : choisir un nouveau mot de passe", body, to=[user.email]).send()


@app.task(name="parties.run_job")
def run_job(*, territory_id: int, job_id: int) -> None:
    """Do one long work (:mod:`parties.jobs`). Can be run again, or twice at once, without harm."""
    jobs.run_job(territory_id=territory_id, job_id=job_id)


@app.periodic(cron="* * * * *")
@app.task(name="parties.resume_interrupted", queueing_lock="parties.resume_interrupted")
def resume_interrupted(timestamp: int) -> None:
    """Take up again the long works whose worker was killed."""
    jobs.resume_interrupted()


@app.periodic(cron="17 3 * * *")
@app.task(name="parties.apply_retention", queueing_lock="parties.apply_retention")
def apply_retention(timestamp: int) -> None:
    """Every night: erase what was kept long enough."""
    services.apply_retention()


@app.task(name="parties.announce_access", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def announce_access(*, territory_id: int, access_id: int, what: str, site: str) -> None:
    """Write about an exceptional access: to every manager of the territory, or to its holder once it was answered."""
    territory = Territory.objects.get(pk=territory_id)
    with rls.acting(Actor.system(territory).context):
        access = ExceptionalAccess.objects.select_related("user").get(pk=access_id)
        managers = Membership.objects.in_force_on(timezone.localdate()).filter(
            territory=territory, role=Role.GESTIONNAIRE, user__is_active=True
        )
        addresses = sorted(set(managers.values_list("user__email", flat=True).order_by()))
    if what in ("granted", "refused"):
        addresses = [access.user.email]
    context = {"access": access, "territory": territory, "what": what, "link": f"{site}{access.get_absolute_url()}"}
    subject = " ".join(render_to_string("parties/mail/access_subject.txt", context).split())
    body = render_to_string("parties/mail/access.txt", context)
    for address in addresses:
        EmailMessage(subject, body, to=[address]).send()
