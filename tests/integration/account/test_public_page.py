import pytest

from tests.support.account import ADDRESS, ALL_OPEN, PROCUREMENT, Account, person
from tests.support.desk import Desk
from tests.support.http import Api, problems

PAGE = "public"


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


def test_the_page_of_a_member_who_has_written_nothing_is_empty(account: Account) -> None:
    assert account.get(PAGE).json() == {"member_id": "m-1"}


def test_a_page_leaves_out_what_a_visitor_may_not_see(account: Account) -> None:
    account.put("personal-information", person())
    account.put("procurement-information", PROCUREMENT)

    closed = account.get(PAGE).json()
    account.put("privacy", {**ALL_OPEN, "personal_information": "nobody"})
    half_open = account.get(PAGE).json()

    assert closed == {"member_id": "m-1"}
    assert half_open == {"member_id": "m-1", "procurement_information": PROCUREMENT}


def test_a_certified_supplier_sees_what_is_for_them_and_others_do_not(account: Account, desk: Desk) -> None:
    account.put("personal-information", person())
    account.put("privacy", {**ALL_OPEN, "personal_information": "certified_suppliers"})
    desk.case_waiting("supplier", kind="verification")
    desk.approve()
    desk.run_due()

    seen = account.get(PAGE, viewer="supplier").json()
    by_another = account.get(PAGE, viewer="somebody").json()
    by_nobody = account.get(PAGE).json()

    assert seen["personal_information"] == {"name": "Ada Byron", "phone": "+4915123456789"}
    assert by_another == by_nobody == {"member_id": "m-1"}


def test_an_address_is_on_the_page_once_it_is_confirmed_and_not_before(account: Account) -> None:
    account.put("personal-information", person())
    account.put("privacy", ALL_OPEN)
    before = account.get(PAGE).json()["personal_information"]

    account.confirm()

    assert "email" not in before
    assert account.get(PAGE).json()["personal_information"]["email"] == ADDRESS


def test_another_address_is_off_the_page_until_it_is_confirmed_too(account: Account) -> None:
    account.put("personal-information", person())
    account.put("privacy", ALL_OPEN)
    account.confirm()

    account.put("personal-information", person(email="king@shop.example.com"), seen=1)

    assert "email" not in account.get(PAGE).json()["personal_information"]


def test_the_page_shows_the_current_avatar(account: Account, desk: Desk) -> None:
    desk.submit_avatar()
    desk.inspect()
    desk.approve()
    desk.run_due()

    shown = account.get(PAGE).json()["avatar"]

    assert set(shown) == {"large_url", "small_url"}
    assert shown["large_url"] == account.get("avatar").json()["large_url"]


def test_a_page_is_kept_in_no_cache(account: Account) -> None:
    assert account.get(PAGE).headers["Cache-Control"] == "private, no-store"


def test_a_viewer_who_cannot_be_is_refused(account: Account) -> None:
    assert problems(account.get(PAGE, viewer="a b")) == [("viewer", "invalid_value")]


def test_a_page_asks_for_a_key(api: Api) -> None:
    assert api.call("GET", "/v1/members/m-1/public", key=None).status_code == 401
