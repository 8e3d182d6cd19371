"""Passkeys (WebAuthn): the authenticator checks who holds it, signs a challenge of this session, and counts what it signs."""

import json
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from pipeline.access.staff.factors.enrolled import FactorContext, added, locked, remove
from pipeline.access.staff.factors.rules import FactorRefused
from pipeline.access.staff.factors.tables import challenge, has_factor, passkey
from pipeline.access.staff.factors.totp import ISSUER
from pipeline.kernel.database import took_effect
from pipeline.kernel.errors import NotFound
from pipeline.kernel.ids import new_id

PASSKEY: Final = "passkey"
_CHALLENGE_TIME: Final = timedelta(minutes=5)
_VERIFIED: Final = UserVerificationRequirement.REQUIRED
_NOT_VALID: Final = (WebAuthnException, ValueError, KeyError, TypeError)
"""What the library raises for an answer that is not valid, or is none at all."""


def registration_options(reviewer_id: str, *, name: str, holder: str, context: FactorContext) -> str:
    """What a browser needs to make a passkey, as JSON. Its challenge is for this holder (a session) only."""
    with context.db.begin() as connection:
        options = generate_registration_options(
            rp_id=context.host,
            rp_name=ISSUER,
            user_id=reviewer_id.encode(),
            user_name=reviewer_id,
            user_display_name=name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_VERIFIED
            ),
            exclude_credentials=_known(connection, reviewer_id),
        )
        _keep(connection, f"{holder}:make", options.challenge)
    return options_to_json(options)


def register(
    reviewer_id: str, answer: str, *, name: str, session_id: UUID, holder: str, context: FactorContext
) -> tuple[str, ...]:
    """Keep a passkey that a browser made. Returns recovery codes with the first factor. Raises FactorRefused."""
    with context.db.begin() as connection:
        given = _taken(connection, f"{holder}:make")
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=given,
            expected_rp_id=context.host,
            expected_origin=context.origin,
            require_user_verification=True,
        )
    except _NOT_VALID as error:
        raise _refused() from error
    with context.db.begin() as connection:
        locked(connection, reviewer_id)
        first = not connection.execute(select(has_factor(reviewer_id))).scalar_one()
        row = {
            "id": new_id(),
            "reviewer_id": reviewer_id,
            "credential_id": bytes_to_base64url(made.credential_id),
            "public_key": bytes_to_base64url(made.credential_public_key),
            "sign_count": made.sign_count,
            "name": name,
        }
        if not took_effect(connection, insert(passkey).values(row).on_conflict_do_nothing()):
            raise _refused()
        return added(connection, reviewer_id, session_id, PASSKEY, first=first)


def request_options(reviewer_id: str, *, holder: str, context: FactorContext) -> str:
    """What a browser needs to show one of a person's passkeys, as JSON. Its challenge is for this holder only."""
    with context.db.begin() as connection:
        options = generate_authentication_options(
            rp_id=context.host, allow_credentials=_known(connection, reviewer_id), user_verification=_VERIFIED
        )
        _keep(connection, f"{holder}:show", options.challenge)
    return options_to_json(options)


def check_passkey(reviewer_id: str, answer: str, *, holder: str, context: FactorContext) -> None:
    """Whether one of the person's passkeys signed this holder's challenge, which is used up. Raises FactorRefused."""
    with context.db.begin() as connection:
        given = _taken(connection, f"{holder}:show")
    with context.db.begin() as connection:
        known = connection.execute(
            select(passkey)
            .where(passkey.c.reviewer_id == reviewer_id, passkey.c.credential_id == _id_in(answer))
            .with_for_update()
        ).one_or_none()
        if known is None:
            raise _refused()
        try:
            shown = verify_authentication_response(
                credential=answer,
                expected_challenge=given,
                expected_rp_id=context.host,
                expected_origin=context.origin,
                credential_public_key=base64url_to_bytes(known.public_key),
                credential_current_sign_count=known.sign_count,
                require_user_verification=True,
            )
        except _NOT_VALID as error:
            raise _refused() from error
        used = {"sign_count": shown.new_sign_count, "used_at": func.now()}
        connection.execute(update(passkey).where(passkey.c.id == known.id).values(**used))


def remove_passkey(reviewer_id: str, passkey_id: UUID, *, context: FactorContext) -> None:
    """Forget one of a person's passkeys. Raises NotFound, FactorNeeded."""
    with context.db.begin() as connection:
        locked(connection, reviewer_id)
        mine = (passkey.c.id == passkey_id, passkey.c.reviewer_id == reviewer_id)
        if connection.execute(delete(passkey).where(*mine)).rowcount != 1:
            raise NotFound("You have no such passkey.")
        remove(connection, reviewer_id, PASSKEY, rules=context.rules)


def _known(connection: Connection, reviewer_id: str) -> list[PublicKeyCredentialDescriptor]:
    ids = connection.execute(select(passkey.c.credential_id).where(passkey.c.reviewer_id == reviewer_id)).scalars()
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in ids]


def _keep(connection: Connection, holder: str, given: bytes) -> None:
    values = {"challenge": bytes_to_base64url(given), "expires_at": func.now() + _CHALLENGE_TIME}
    statement = insert(challenge).values(holder=holder, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["holder"], set_=values))


def _taken(connection: Connection, holder: str) -> bytes:
    """The challenge, which nobody gets again. Raises FactorRefused."""
    mine = (challenge.c.holder == holder, challenge.c.expires_at > func.now())
    found = connection.execute(delete(challenge).where(*mine).returning(challenge.c.challenge)).scalar_one_or_none()
    if found is None:
        raise _refused()
    return base64url_to_bytes(found)


def _id_in(answer: str) -> str:
    try:
        found: Any = json.loads(answer)["id"]
    except _NOT_VALID as error:
        raise _refused() from error
    return str(found)


def _refused() -> FactorRefused:
    return FactorRefused("The passkey does not fit, or its time ran out. Try once more.")
