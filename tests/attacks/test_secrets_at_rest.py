"""Somebody reads the database, or moves what is in it: no secret shows, and none opens in another place."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from cli.doctor import examine
from config.container import Container
from config.settings import load_settings
from pipeline.account.unsubscribe import Leaving, token_of
from pipeline.events.tables import endpoint
from pipeline.events.webhooks import endpoints
from pipeline.kernel import clock
from pipeline.kernel.encryption import LocalKeys, NotOpened, Sealer, fresh_key, is_sealed, master_keys
from pipeline.kernel.errors import Misconfigured
from pipeline.kernel.kms import KeyServiceUnavailable, kms_keys
from pipeline.kernel.rewrapping import older_values, rewrap_all
from pipeline.kernel.tokens import signing_key
from pipeline.migrations import metadata
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.events import EndpointRequest, EndpointSecret
from tests.support.account import Account, code_in, person
from tests.support.desk import Desk
from tests.support.endpoint import listening
from tests.support.http import Api
from tests.support.key_service import KeyService, serving
from tests.support.servers import variant

KNOWN = [
    "object_deletion.token",
    "task.token",
    "claim.token",
    "mail.secret",
    "passkey.credential_id",
    "decision.credential",
    "opinion.credential",
    "check_answer.credential",
]
"""Which deletion of an object it is, a number that counts tries, what a reviewer sends back with a decision on a case of theirs, and whether a mail is secret. Then what is
public: the name under which a browser knows a passkey, and by which session or key a verdict was given: its kind and its id."""

KMS_KEY = "arn:aws:kms:eu-central-1:111122223333:key/6c1f"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyService]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-a-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-a-test")
    with serving() as found:
        yield found


def added(tools: Container, *, url: str = "https://shop.example.com/hooks") -> EndpointSecret:
    return endpoints.add(EndpointRequest(url=url), db=tools.db, sealer=tools.sealer)


def local(*keys: str) -> Sealer:
    return Sealer(LocalKeys(master_keys(",".join(keys))))


def dump(tools: Container) -> str:
    """Every row of every table, as somebody who stole the database has it."""
    with tools.db.read() as connection:
        names = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()
        rows = [connection.exec_driver_sql(f'SELECT t::text FROM "{name}" t').scalars().all() for name in names]  # noqa: S608
    return "\n".join(line for table in rows for line in table)


def test_the_secrets_of_endpoints_do_not_show_in_the_database(tools: Container) -> None:
    first = added(tools)
    later = endpoints.rotate(first.endpoint_id, now=clock.now(), overlap_hours=24, db=tools.db, sealer=tools.sealer)

    stolen = dump(tools)

    assert str(first.endpoint_id) in stolen
    assert [each for each in (first.secret, later.secret) if each.removeprefix("whsec_") in stolen] == []


def test_the_code_of_a_mail_that_waits_does_not_show_and_is_in_the_mail(desk: Desk, api: Api) -> None:
    account = Account(api, desk)
    account.put("personal-information", person())
    account.post("email/code", {})

    stolen = dump(desk.tools)
    desk.run_due()

    (mail,) = desk.mails()
    assert "email_code" in stolen
    assert not re.search(rf"\b{code_in(mail)}\b", stolen)


def test_the_key_of_links_does_not_show(desk: Desk) -> None:
    with desk.tools.db.begin() as connection:
        token = token_of(connection, Leaving("m-1", "points"), sealer=desk.tools.sealer, policy=desk.tools.policy)
    (row,) = desk.rows(signing_key)

    assert is_sealed(row.secret)
    assert "m-1" not in token


def test_every_column_whose_name_says_that_it_is_a_secret_is_sealed_or_a_hash() -> None:
    said = re.compile(r"secret|verifier|password|token|credential|private")
    open_ones = [
        f"{table.name}.{column.name}"
        for table in metadata.metadata.sorted_tables
        for column in table.columns
        if said.search(column.name) and not column.info.get("sealed") and not column.name.endswith("_sha256")
    ]

    assert open_ones == KNOWN


def test_a_secret_that_was_moved_to_another_endpoint_signs_nothing_there(desk: Desk) -> None:
    tools = desk.tools
    with listening() as place:
        mine, theirs = added(tools), added(tools, url=place.url)
        with tools.db.begin() as connection:
            moved = connection.execute(select(endpoint.c.secrets).where(endpoint.c.id == mine.endpoint_id)).scalar_one()
            connection.execute(update(endpoint).where(endpoint.c.id == theirs.endpoint_id).values(secrets=moved))
        desk.submit_avatar()

        desk.run_due(DELIVER_EVENT)

        assert place.got == []
    assert "NotOpened" in {row.last_error.partition(":")[0] for row in desk.tasks(DELIVER_EVENT) if row.last_error}


def test_secrets_that_an_earlier_version_kept_in_clear_are_sealed_by_migrating(tools: Container) -> None:
    made = added(tools)
    with tools.db.begin() as connection:
        connection.execute(update(endpoint).values(secrets=[{"secret": made.secret, "until": None}]))

    assert [endpoints.seal_clear(db=tools.db, sealer=tools.sealer) for _ in range(2)] == [1, 0]

    with tools.db.read() as connection:
        (kept,) = connection.execute(select(endpoint.c.secrets)).scalar_one()
    assert tools.sealer.open(kept["secret"], place=f"webhook_endpoint:{made.endpoint_id}") == made.secret


def test_a_rotation_that_was_stopped_goes_on_and_then_the_old_key_opens_nothing(tools: Container) -> None:
    old, new = fresh_key(), fresh_key()
    before, after = variant(tools, encryption_keys=old), local(new, old)
    made = [added(before) for _ in range(5)]
    with tools.db.begin() as connection:  # what a run had done before it was stopped
        first = connection.execute(select(endpoint).order_by(endpoint.c.id).limit(1)).one()
        done = [{**each, "secret": after.rewrap(each["secret"])} for each in first.secrets]
        connection.execute(update(endpoint).where(endpoint.c.id == first.id).values(secrets=done))
    assert older_values(tools.db, after) == 4

    again = rewrap_all(tools.db, after, batch=2)

    assert (again.rows, again.older) == (4, 0)
    with tools.db.read() as connection:
        kept = {row.id: row.secrets[0]["secret"] for row in connection.execute(select(endpoint))}
    opened = {key: local(new).open(value, place=f"webhook_endpoint:{key}") for key, value in kept.items()}
    assert opened == {each.endpoint_id: each.secret for each in made}
    with pytest.raises(NotOpened):
        local(old).open(kept[made[0].endpoint_id], place=f"webhook_endpoint:{made[0].endpoint_id}")


def test_the_doctor_says_that_secrets_are_under_an_older_key(tools: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    added(tools)
    changed = tools.settings.model_copy(update={"encryption_keys": f"{fresh_key()},{tools.settings.encryption_keys}"})
    for name, value in changed.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))

    (check,) = [each for each in examine() if each.name == "encryption"]

    assert not check.fine
    assert "1 secrets are under an older key" in check.seen
    assert check.advice == "Run: proofdesk secrets rotate"


@pytest.mark.parametrize("keys", [None, "", "not-a-key"])
def test_nothing_starts_without_a_key(tools: Container, monkeypatch: pytest.MonkeyPatch, keys: str | None) -> None:
    for name, value in tools.settings.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))
    monkeypatch.setenv("PROOFDESK_HOME", "/nowhere")
    monkeypatch.delenv("PROOFDESK_ENCRYPTION_KEYS")
    if keys is not None:
        monkeypatch.setenv("PROOFDESK_ENCRYPTION_KEYS", keys)

    with pytest.raises(Misconfigured, match=r"PROOFDESK_ENCRYPTION_KEYS: .*proofdesk secrets key"):
        load_settings()


def test_a_key_service_wraps_instead_and_our_own_keys_still_open(tools: Container, service: KeyService) -> None:
    mine = added(tools)
    there = variant(tools, encryption_kms_key=KMS_KEY, encryption_kms_url=service.url)
    place = f"webhook_endpoint:{mine.endpoint_id}"

    moved = rewrap_all(tools.db, there.sealer)

    assert (moved.rows, moved.older) == (1, 0)
    with tools.db.read() as connection:
        (kept,) = connection.execute(select(endpoint.c.secrets)).scalar_one()
    assert there.sealer.open(kept["secret"], place=place) == mine.secret
    assert service.asked == ["Encrypt", "Decrypt"]
    with pytest.raises(NotOpened):
        tools.sealer.open(kept["secret"], place=place)


def test_a_key_service_that_is_away_is_waited_for_and_no_secret_is_kept_in_clear(
    tools: Container, service: KeyService
) -> None:
    service.away = True
    sealer = Sealer(keys := kms_keys(KMS_KEY, url=service.url))

    with pytest.raises(KeyServiceUnavailable):
        endpoints.add(EndpointRequest(url="https://shop.example.com/"), db=tools.db, sealer=sealer)

    keys.close()
    assert endpoints.list_endpoints(db=tools.db) == []


def test_what_another_key_of_the_service_wrapped_does_not_open(service: KeyService) -> None:
    mine, other = kms_keys(KMS_KEY, url=service.url), kms_keys(f"{KMS_KEY}7", url=service.url)
    sealed = Sealer(other).seal("secret", place="p")
    forged = sealed.replace(other.current, mine.current)

    with pytest.raises(NotOpened):
        Sealer(mine).open(forged, place="p")

    assert is_sealed(forged)
    mine.close()
    other.close()
