"""Every mail in every language, as a real browser shows it on a phone and on a desk."""

from typing import Any

import pytest
from playwright.sync_api import Page

from pipeline.notification.render import Rendered
from pipeline.policy.mail_templates import MailTemplate
from tests.support.axe import violations
from tests.support.mail_samples import FACTS, LOCALES, URL, every, mail_of, said

SHOWN = """() => ({
    words: document.body.innerText,
    title: document.title,
    wide: [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5).length,
    scrolls: document.documentElement.scrollWidth - innerWidth,
    hrefs: [...document.links].map((each) => each.getAttribute('href')),
    loads: document.querySelectorAll('img, script, link, iframe, [background]').length,
    grounds: ['body', '.card', 'h1'].map((each) => {
        const style = getComputedStyle(document.querySelector(each));
        return each === 'h1' ? style.color : style.backgroundColor;
    }),
})"""
LIGHT = ["rgb(241, 243, 246)", "rgb(255, 255, 255)", "rgb(23, 43, 77)"]
DARK = ["rgb(20, 23, 28)", "rgb(31, 36, 43)", "rgb(230, 233, 238)"]


def faults(page: Page, template: MailTemplate, mail: Rendered, grounds: list[str]) -> list[str]:
    """What is wrong with the mail as it is shown."""
    page.set_content(mail.html)
    shown = page.evaluate(SHOWN)
    leaves = [href for href in shown["hrefs"] if "/v1/unsubscribe/" in href]
    found = {
        "it is wider than the screen": shown["scrolls"] > 0 or shown["wide"] > 0,
        "its words differ from the text": said(shown["words"]) != said(f"{mail.subject}\n{mail.text}"),
        "its title is not its subject": shown["title"] != mail.subject,
        "a link is not absolute": not all(href.startswith("https://") for href in shown["hrefs"]),
        "it does not lead to the member centre": URL not in shown["hrefs"],
        "the way out does not fit its category": bool(leaves) != (template.category is not None),
        "it loads something": shown["loads"] > 0,
        "a key stands where words should be": any(each in shown["words"] for each in ("_", "%(", "{", "None")),
        "its colours are of the other theme": shown["grounds"] != grounds,
    }
    return [fault for fault, is_so in found.items() if is_so]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("width", "theme", "grounds"), [(390, "dark", DARK), (640, "light", LIGHT)])
def test_every_mail_is_whole_on_a_phone_and_on_a_desk(
    page: Page, locale: str, width: int, theme: Any, grounds: list[str]
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)

    wrong = {
        name: found
        for name, (template, mail) in every(locale).items()
        if (found := faults(page, template, mail, grounds))
    }

    assert wrong == {}


def test_no_mail_breaks_wcag_2_2_aa_in_either_theme(page: Page) -> None:
    broken = {}
    for name, (_, mail) in every("en-GB").items():
        page.emulate_media(color_scheme="light")
        page.set_content(mail.html)
        broken[name] = violations(page)

    assert {name: found for name, found in broken.items() if found} == {}


def test_a_word_without_end_does_not_make_a_mail_wider_than_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    facts = {
        **FACTS[MailTemplate.VERIFICATION_REJECTED, "chances left"],
        "name": "A" * 200,
        "message": f"https://{'a' * 300}/",
    }
    mail = mail_of(MailTemplate.VERIFICATION_REJECTED, facts)

    page.set_content(mail.html)

    shown = page.evaluate(SHOWN)
    assert (shown["wide"], shown["scrolls"]) == (0, 0)
