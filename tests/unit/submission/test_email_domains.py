import pytest

from config.policy import load_policy
from pipeline.policy.methods import BusinessEmail
from pipeline.submission.evidence.rules.email_domains import matches_site, plain_address, refusal

RULES = load_policy().business_email


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ada@bluedoor.example.com", "ada@bluedoor.example.com"),
        ("Ada@BlueDoor.Example.COM", "Ada@bluedoor.example.com"),
        ("ada@firma-müller.de", "ada@xn--firma-mller-zhb.de"),
        ("ada@localhost", None),
        ("ada@firma.test", None),
        ("ädä@firma.de", None),
        ("ada@@firma.de", None),
        ("ada@-firma.de", None),
    ],
)
def test_an_address_is_kept_in_one_way_or_not_at_all(written: str, kept: str | None) -> None:
    assert plain_address(written) == kept


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("gmail.com", "free_mail_domain"),
        ("gmx.de", "free_mail_domain"),
        ("qq.com", "free_mail_domain"),
        ("yahoo.co.uk", "free_mail_domain"),
        ("mailinator.com", "disposable_domain"),
        ("any.mailinator.com", "disposable_domain"),
        ("bluedoor.example.com", None),
        ("gmail.com.example.org", None),
        ("notgmail.com", None),
        ("siemens.com", None),
        ("co.uk", None),
    ],
)
def test_free_and_disposable_domains_are_no_businesss(domain: str, why: str | None) -> None:
    assert refusal(domain, RULES) == why


def test_the_policy_may_refuse_and_take_domains_whatever_the_lists_say() -> None:
    rules = BusinessEmail(refused_domains=("freehost.example",), taken_domains=("gmx.de",), site_fields=())

    assert refusal("a.freehost.example", rules) == "free_mail_domain"
    assert refusal("gmx.de", rules) is None


@pytest.mark.parametrize(
    ("domain", "site", "match"),
    [
        ("bluedoor.com", "https://www.bluedoor.com/shop", "same"),
        ("mail.bluedoor.com", "http://bluedoor.com", "same"),
        ("bluedoor.com", "https://shop.bluedoor.com", "same"),
        ("bluedoor.com", "https://notbluedoor.com", "other"),
        ("bluedoor.com", "https://bluedoor.com.evil.example", "other"),
        ("xn--firma-mller-zhb.de", "https://firma-müller.de", "same"),
        ("bluedoor.com", "", "none"),
        ("bluedoor.com", "https://[", "none"),
    ],
)
def test_the_domain_is_compared_with_the_site_of_the_form(domain: str, site: str, match: str) -> None:
    assert matches_site(domain, {"company_website": site, "company_name": "Blue Door"}, RULES) == match
