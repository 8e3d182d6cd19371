from collections.abc import Iterator
from uuid import uuid4

import pytest

from pipeline.access.api_keys import Caller, Scope, Unauthenticated, authenticate
from pipeline.kernel.database import Database, engine
from pipeline.kernel.rules.digests import member_digest
from pipeline.ownership.rules import NOTHING, Reach
from pipeline.policy.sign_in import Speaker
from schemas.submissions import Member
from tests.support.faults import closed_port

NOBODY = "01a20ae2c8ef73598ecddd7fd2c70749"


@pytest.fixture
def nowhere() -> Iterator[Database]:
    """A database that fails whoever asks it."""
    made = Database(engine(f"postgresql+psycopg://u:p@127.0.0.1:{closed_port()}/x"), after_commit=lambda _: None)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        ([], []),
        ([Scope.EVENTS_READ], [Scope.EVENTS_READ]),
        ([Scope.EVENTS_READ_ALL], [Scope.EVENTS_READ, Scope.EVENTS_READ_ALL]),
        ([Scope.REVIEW], [Scope.REVIEW, Scope.REVIEW_READ, Scope.REVIEW_WRITE]),
        ([Scope.ADMIN], list(Scope)),
    ],
)
def test_a_caller_may_what_the_scopes_say(scopes: list[Scope], may: list[Scope]) -> None:
    caller = Caller(uuid4(), "test", frozenset(scopes), None)

    assert [scope for scope in Scope if caller.may(scope)] == may


ANA = Speaker("m-1", Member(name="Ana Lima", email="ana@example.com"))


def test_a_session_is_its_own_members() -> None:
    caller = Caller(uuid4(), ANA.name, frozenset(), None, ANA)

    assert [member for member in ("m-1", "m-2") if caller.may_act_for(member)] == ["m-1"]


@pytest.mark.parametrize(
    ("scopes", "reach"),
    [
        ([], NOTHING),
        ([Scope.MEMBERS_READ_ALL], NOTHING),
        ([Scope.EVENTS_WRITE_ALL], NOTHING),
        ([Scope.EVENTS_READ], Reach("shop", "shop-1-")),
        ([Scope.EVENTS_READ_ALL], Reach(None, "shop-1-")),
        ([Scope.SUBMIT], Reach("shop", "shop-1-")),
        ([Scope.SUBMIT_ALL], Reach(None, "shop-1-")),
        ([Scope.SUBMIT, Scope.EVENTS_READ_ALL], Reach(None, "shop-1-")),
        ([Scope.ADMIN], Reach(None, "shop-1-")),
    ],
)
def test_a_key_reaches_what_its_service_sent_unless_its_scope_says_all(scopes: list[Scope], reach: Reach) -> None:
    caller = Caller(uuid4(), "test", frozenset(scopes), None, service="shop", members_prefix="shop-1-")

    assert caller.reach_by(Scope.EVENTS_READ) == reach


def test_a_caller_reaches_nothing_before_the_door_has_looked_at_the_route() -> None:
    assert Caller(uuid4(), "test", frozenset({Scope.ADMIN}), None).reach == NOTHING


def test_a_session_may_nothing_by_scope() -> None:
    caller = Caller(uuid4(), ANA.name, frozenset(), None, ANA)

    assert [scope for scope in Scope if caller.may(scope)] == []


def test_idempotency_keys_belong_to_the_key_of_a_service_or_to_the_member() -> None:
    one, another = (Caller(uuid4(), "test", frozenset(), None, speaker) for speaker in (None, ANA))

    assert one.owner == str(one.key_id)
    assert Caller(uuid4(), "test", frozenset(), None, service=one.owner).owner == one.owner
    assert another.owner == Caller(uuid4(), "test", frozenset(), None, ANA).owner == f"member:{member_digest('m-1')}"


@pytest.mark.parametrize(
    "presented",
    [
        None,
        "",
        "pd",
        "pd_",
        "pd__",
        f"pd_{NOBODY}",
        f"pd_{NOBODY}_",
        f"sk_{NOBODY}_secret",
        f"PD_{NOBODY}_secret",
        "pd_not-an-id_secret",
        f"{NOBODY}_secret",
    ],
)
def test_what_is_no_key_is_refused_before_anything_is_asked(nowhere: Database, presented: str | None) -> None:
    with pytest.raises(Unauthenticated, match="Send an API key"):
        authenticate(presented, db=nowhere)
