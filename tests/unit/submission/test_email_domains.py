import pytest

from config.policy import load_policy
from pipeline.policy.methods import BusinessEmail
from pipeline.submission.evidence.rules.email_domains import matches_site, plain_address, refusal
from schemas.mail_address import NoMailAddress

RULES = load_policy().business_email
FREE = """mail.gmail.com vip.163.com a.b.gmx.de x.qq.com daum.net nate.com tuta.io docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp
    i.softbank.jp sfr.fr neuf.fr icloud.com vip.sina.com inbox.lv mailbox.org rogers.com t-online.de mail.yahoo.co.jp
    gmx.us gmx.com.tr hotmail.no outlook.com.ar aol.de yahoo.com.eg mail.hotmail.com.tr yandex.uz vivaldi.net empal.com walla.co.il pdx.ne.jp
    di.pdx.ne.jp interia.eu otenet.gr siol.net swipnet.se emirates.net.ae"""
THROWN_AWAY = """tempmail.com temp-mail.io burnermail.io privaterelay.appleid.com duck.com mozmail.com x.mozmail.com anonaddy.me
    ada.anonaddy.com guerrillamail.com 10minutemail.com temp-mail.org mail.tm inboxes.com throwaway.email 8alias.com temp-mail.us ddns.net shop.ddns.net"""
COMPANIES = """shop.za.com firma.msk.ru blue.uk.com loja.com.ar bluedoor.pp.ua mail.siemens.com toyota.co.jp samsung.com docomo.com
    apple.com appleid.com telekom.de orange.com vodafone.com tuta.example.com gmail-shop.com
    outlook.industries gmx-group.de yahoo.shop.example.com gmail.us.example.com pec.it legalmail.it"""


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ada@bluedoor.example.com", "ada@bluedoor.example.com"),
        ("Ada@BlueDoor.Example.COM", "Ada@bluedoor.example.com"),
        ("ada@firma-müller.de", "ada@xn--firma-mller-zhb.de"),
        ("ädä@firma.de", "ädä@firma.de"),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
    ],
)
def test_an_address_is_kept_in_one_way(written: str, kept: str) -> None:
    assert plain_address(written) == kept


@pytest.mark.parametrize("written", ["ada@localhost", "ada@firma.test", "ada@@firma.de", "ada@-firma.de"])
def test_what_is_no_address_is_not_kept(written: str) -> None:
    with pytest.raises(NoMailAddress):
        plain_address(written)


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("gmail.com", "free_mail_domain"),
        ("gmx.de", "free_mail_domain"),
        ("qq.com", "free_mail_domain"),
        ("yahoo.co.uk", "free_mail_domain"),
        ("mailinator.com", "disposable_domain"),
        ("any.mailinator.com", "disposable_domain"),
        *((each, "free_mail_domain") for each in FREE.split()),
        *((each, "disposable_domain") for each in THROWN_AWAY.split()),
        *((each, None) for each in COMPANIES.split()),
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
