"""The one place that builds clients. Each process has one container, made after fork; nothing connects before its first use."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import urlsplit

import dramatiq
import httpx

from config.broker import HintBroker, Hints, build_broker
from config.policy import load_policy
from config.rates import RatesFile
from config.settings import Settings, load_settings
from pipeline.access.staff.factors.enrolled import FactorContext
from pipeline.access.staff.oidc_claims import Naming
from pipeline.access.staff.oidc_client import Provider
from pipeline.access.staff.oidc_login import OidcContext
from pipeline.access.staff.passwords import Passwords
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.sign_in import SignInContext
from pipeline.account.personal import TakesMail, not_asked, profile_of, takes_mail
from pipeline.audit.keys import Digests, Trusted, digests_beside, digests_of, trusted
from pipeline.audit.reads import MemberReads
from pipeline.audit.record import put_in_force
from pipeline.audit.sealing import AuditSealer
from pipeline.avatar.purge import CdnHook, Purge
from pipeline.inspection.duplicates import duplicates_of
from pipeline.inspection.sandbox import Redactor, Sandbox
from pipeline.intake.accept import IntakeContext
from pipeline.kernel.database import Database, Hint, engine
from pipeline.kernel.encryption import LocalKeys, Sealer, master_keys
from pipeline.kernel.errors import DatabaseUnavailable, StatementCancelled
from pipeline.kernel.idempotency import Once
from pipeline.kernel.kms import KmsKeys, kms_keys
from pipeline.kernel.outgoing import Outgoing
from pipeline.kernel.rate_limits import RateLimits
from pipeline.kernel.s3_client import s3_client
from pipeline.kernel.signing import Signer, signer_of
from pipeline.kernel.storage import Storage, origin_of, storage_circuit
from pipeline.membership.level import is_unlocked
from pipeline.notification.freeze import freeze, freeze_addressed_mail, preview, withdraw
from pipeline.notification.render import Sender
from pipeline.notification.smtp import Mailer, mail_circuit
from pipeline.notification.sns import Topic
from pipeline.notification.sns_certificates import Certificates
from pipeline.policy import Policy
from pipeline.review.claims.context import ReviewContext
from pipeline.review.quality import blind_looks
from pipeline.submission.context import Context
from pipeline.submission.mail_contract import FreezeAddressedMail, FreezeMail, NotifyMember
from pipeline.tasks.backlog import Backlog
from pipeline.tasks.ledger import Ledger
from pipeline.tasks.relay import forget_hints
from pipeline.verification.methods import evidence_methods
from pipeline.verification.vies import LookUp, Vies
from pipeline.workflows.deletions import Deletions
from pipeline.workflows.erasure.proceed import ErasureContext
from pipeline.workflows.member_mail import notify_member


@dataclass(frozen=True)
class Container:
    """The clients of one process. A patient one waits for a broker that is away; a web request does not."""

    settings: Settings
    patient: bool = True
    middleware: Callable[[], list[dramatiq.Middleware]] = list

    @cached_property
    def policy(self) -> Policy:
        """The rules of the domain."""
        return load_policy(self.settings.policy_file)

    @cached_property
    def rates_of_orders(self) -> RatesFile | None:
        """The policy with the rates of a file, where the settings name one."""
        path = self.settings.rates_file
        return RatesFile(path, self.policy) if path is not None else None

    @cached_property
    def broker(self) -> HintBroker:
        """The broker that carries hints."""
        return build_broker(self.settings.broker_url, middleware=self.middleware(), patient=self.patient)

    @cached_property
    def http(self) -> httpx.Client:
        """Speaks to services that the settings name: with no proxy, no cookies, and no redirects unless asked."""
        return httpx.Client(trust_env=False)

    @cached_property
    def outgoing(self) -> Outgoing:
        """Speaks to the endpoints of other services, whose addresses we did not write."""
        return Outgoing(inside=filter(None, self.settings.webhook_inside_hosts.split(",")))

    @cached_property
    def hints(self) -> Hints:
        """Sends hints that tasks are due."""
        return Hints(self.broker)

    @cached_property
    def db(self) -> Database:
        """The system of record."""
        return Database(engine(self.settings.sqlalchemy_url), after_commit=self._hint)

    @cached_property
    def heartbeat_db(self) -> Database:
        """The system of record, by a connection that no work waits for."""
        return Database(engine(self.settings.sqlalchemy_url, pool_size=1), after_commit=self._hint)

    @cached_property
    def owner(self) -> Database:
        """The same database by the role that owns its tables: for `migrate` only."""
        return Database(engine(self.settings.owner_url), after_commit=self._hint)

    @cached_property
    def reading(self) -> Database:
        """The same database by a role that only reads: for doctor and statistics."""
        if self.settings.reader_url == self.settings.sqlalchemy_url:
            return self.db
        return Database(engine(self.settings.reader_url, pool_size=2), after_commit=self._hint)

    @cached_property
    def audit_signer(self) -> Signer | None:
        """Signs the seals of the audit; None in a process that has no key."""
        setting = self.settings.audit_signing_key
        return signer_of(setting, "PROOFDESK_AUDIT_SIGNING_KEY") if setting else None

    @cached_property
    def audit_trusted(self) -> Trusted:
        """The keys whose seals are believed."""
        own = [self.audit_signer.public] if self.audit_signer else []
        return trusted(*own, setting=self.settings.audit_trusted_keys.split())

    @cached_property
    def audit_digests(self) -> Digests | None:
        """Digests of what the audit does not keep in clear; None without a key."""
        if self.settings.audit_digest_key:
            return digests_of(self.settings.audit_digest_key)
        return digests_beside(self.audit_signer) if self.audit_signer else None

    @cached_property
    def audit_sealer(self) -> AuditSealer:
        """Seals the audit."""
        return AuditSealer(self.db, self.audit_signer)

    @cached_property
    def member_reads(self) -> MemberReads:
        """Records which personal data services read."""
        return MemberReads(self.db)

    def _hint(self, hints: Sequence[Hint]) -> None:
        """Send hints after a commit, best effort; those that were not sent are unmarked, so that the relay sends them."""
        if not self.hints(hints):
            with suppress(DatabaseUnavailable, StatementCancelled):
                forget_hints(self.db, hints)

    @cached_property
    def ledger(self) -> Ledger:
        """Durable work."""
        return Ledger(self.db)

    @cached_property
    def storage(self) -> Storage:
        """The three buckets."""
        settings = self.settings
        outside = settings.storage_public_url
        return Storage(
            s3_client(settings.storage_url),
            signer=s3_client(outside) if outside else None,
            uploads=settings.bucket_uploads,
            vault=settings.bucket_vault,
            public=settings.bucket_public,
            vault_encryption=settings.vault_encryption,
            put_once=settings.storage_put_once,
            circuit=storage_circuit(failures=settings.circuit_failures, pause_seconds=settings.circuit_pause_seconds),
        )

    @cached_property
    def deletions(self) -> Deletions:
        """Deletes objects to which nothing refers."""
        return Deletions(self.db, self.storage)

    @cached_property
    def kms(self) -> KmsKeys | None:
        """The key service, where the settings name a key of it."""
        key = self.settings.encryption_kms_key
        return kms_keys(key, url=self.settings.encryption_kms_url) if key else None

    @cached_property
    def sealer(self) -> Sealer:
        """Seals secrets for the database: by the key service where there is one, else by the first key of ours."""
        written = self.settings.encryption_keys
        local = [LocalKeys(master_keys(written))] if written else []
        return Sealer(*([self.kms] if self.kms else []), *local)

    @cached_property
    def mailer(self) -> Mailer:
        """Hands mails over."""
        settings = self.settings
        circuit = mail_circuit(failures=settings.circuit_failures, pause_seconds=settings.circuit_pause_seconds)
        return Mailer(settings.smtp_url, circuit=circuit)

    @cached_property
    def backlog(self) -> Backlog:
        """Whether more inspections wait than intake may add to."""
        return Backlog(self.db, bound=self.settings.intake_backlog)

    @cached_property
    def rates(self) -> RateLimits:
        """How many requests a key of the API may make."""
        limit, window = self.settings.rate_limit, self.settings.rate_window_seconds
        return RateLimits(self.broker.client, limit=limit, window_seconds=window)

    @cached_property
    def stranger_rates(self) -> RateLimits:
        """How many requests a network address may make without a key, at each door."""
        limit, window = self.settings.stranger_limit, self.settings.rate_window_seconds
        return RateLimits(self.broker.client, limit=limit, window_seconds=window, by="address")

    @cached_property
    def sender(self) -> Sender:
        """Who our mails are from."""
        return Sender(self.settings.mail_from, self.settings.mail_from_name, self.settings.member_centre_url)

    @cached_property
    def freeze_mail(self) -> FreezeMail:
        """Renders a result mail and keeps it in the transaction of its result."""
        return partial(freeze, sender=self.sender, policy=self.policy)

    @cached_property
    def notify_member(self) -> NotifyMember:
        """Mails a member in the caller's transaction, unless they unsubscribed from its category."""
        return partial(
            notify_member,
            sender=self.sender,
            sealer=self.sealer,
            policy=self.policy,
            web_url=self.settings.web_url,
        )

    @cached_property
    def freeze_addressed_mail(self) -> FreezeAddressedMail:
        """Renders a mail that belongs to no submission and keeps it in the caller's transaction."""
        return partial(freeze_addressed_mail, sender=self.sender, sealer=self.sealer)

    def context(self, *, actor: str, trace: str, request: Once | None = None) -> Context:
        """What a use case works with, on behalf of `actor`."""
        return Context(
            db=self.db,
            policy=self.rates_of_orders.present() if self.rates_of_orders else self.policy,
            notify_member=self.notify_member,
            withdraw_mail=withdraw,
            actor=actor,
            trace=trace,
            request=request,
        )

    @cached_property
    def intake(self) -> IntakeContext:
        """What accepting a submission needs."""
        methods = evidence_methods(takes_mail=self.takes_mail)
        return IntakeContext(
            db=self.db, policy=self.policy, is_unlocked=is_unlocked, methods=methods, profile_of=profile_of
        )

    @cached_property
    def takes_mail(self) -> TakesMail:
        """Whether the domain of an address takes mail, as far as the settings let us ask."""
        return takes_mail if self.settings.check_mail_domains else not_asked

    @cached_property
    def signer(self) -> Signer | None:
        """Signs the receipts of erasures, where the settings have a key for it. Raises Misconfigured."""
        setting = self.settings.receipt_key
        return signer_of(setting, "PROOFDESK_RECEIPT_KEY") if setting else None

    @cached_property
    def erasure(self) -> ErasureContext:
        """What an erasure works with."""
        return ErasureContext(
            db=self.db,
            storage=self.storage,
            policy=self.policy,
            mail_folder=self.settings.mail_folder,
            signer=self.signer,
        )

    @cached_property
    def topic(self) -> Topic:
        """The topic on which Amazon SNS reports bounces and complaints."""
        return Topic(self.settings.sns_topic_arn, Certificates())

    @cached_property
    def review(self) -> ReviewContext:
        """What the use cases of review work with."""
        return ReviewContext(
            db=self.db,
            storage=self.storage,
            policy=self.policy,
            freeze_mail=self.freeze_mail,
            withdraw_mail=withdraw,
            preview_mail=partial(preview, sender=self.sender, policy=self.policy),
            duplicates_of=duplicates_of,
            blind_looks=blind_looks,
            sealer=self.sealer,
            web_url=self.settings.web_url,
            is_unlocked=is_unlocked,
        )

    @cached_property
    def sign_in_context(self) -> SignInContext:
        """What signing in to the console needs."""
        return SignInContext(self.db, Passwords(), self.policy.sign_in, self.audit_digests)

    @cached_property
    def factor_context(self) -> FactorContext:
        """What second factors of the people at the desk need. Passkeys belong to the host of the console's address."""
        host = urlsplit(self.settings.web_url).hostname or ""
        return FactorContext(self.db, self.sealer, self.policy.sign_in, host, origin_of(self.settings.web_url))

    @cached_property
    def oidc_context(self) -> OidcContext | None:
        """What signing in by an identity provider needs, where the settings name one."""
        settings = self.settings
        if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.oidc_client_secret is None:
            return None
        roles = {value: Role(role) for value, role in settings.oidc_roles.items()}
        back = f"{settings.web_url}/console/sign-in/provider/back"
        provider = Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, back, self.http)
        return OidcContext(
            self.db,
            provider,
            Naming(settings.oidc_claim, settings.oidc_roles_claim, roles),
            self.policy.sign_in,
            self.sealer,
        )

    @cached_property
    def inspector(self) -> Sandbox:
        """Inspects files in child processes, one for each thread of a worker."""
        return Sandbox(children=self.settings.worker_threads, required=self.settings.sandbox == "required")

    @cached_property
    def redactor(self) -> Redactor:
        """Blackens boxes in pictures of ours, in child processes too."""
        return Redactor(required=self.settings.sandbox == "required")

    @cached_property
    def vies(self) -> Vies | None:
        """The European Union's register of VAT numbers, where the settings name it."""
        return Vies(self.settings.vies_url) if self.settings.vies_url else None

    @cached_property
    def purge(self) -> Purge | None:
        """Has the CDN forget pictures, where the settings name its hook."""
        url = self.settings.cdn_purge_url
        return CdnHook(url, token=self.settings.cdn_purge_token, client=self.http) if url else None

    @property
    def look_up(self) -> LookUp | None:
        """Asks a register about a tax number; None where none is to be asked."""
        return self.vies.look_up if self.vies else None

    def put_policy_in_force(self, process: str) -> None:
        """Keep the policy and record that this process works by it. While the database is away the relays do it later."""
        with suppress(DatabaseUnavailable, StatementCancelled):
            self.intake.keep_policy()
            put_in_force(self.policy.version, process=process, db=self.db)

    def close(self) -> None:
        """Close what was opened."""
        for name in (
            "inspector",
            "redactor",
            "db",
            "heartbeat_db",
            "owner",
            "reading",
            "broker",
            "storage",
            "mailer",
            "vies",
            "http",
            "outgoing",
            "kms",
        ):
            if self.__dict__.get(name) is not None:
                getattr(self, name).close()


def build_container(
    settings: Settings | None = None,
    *,
    patient: bool = True,
    middleware: Callable[[], list[dramatiq.Middleware]] = list,
) -> Container:
    """A container for this process. Raises Misconfigured."""
    return Container(settings or load_settings(), patient, middleware)
