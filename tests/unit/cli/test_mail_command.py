from pathlib import Path

import orjson
import pytest

from cli.main import main
from pipeline.policy.mail_templates import MailTemplate


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["proofdesk", "mail", "preview", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0


def test_every_mail_is_listed_with_its_category(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--json")

    rows = orjson.loads(capsys.readouterr().out)
    assert {row["template"]: row["category"] for row in rows} == {each.value: each.category for each in MailTemplate}


def test_a_mail_is_shown_as_text_and_its_html_goes_into_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(monkeypatch, "points", "--variant", "taken", "--locale", "zh-CN", "--html", str(tmp_path / "mail.html"))

    assert capsys.readouterr().out.startswith("您的账户扣除了 500 积分\n\nAda Byron，您好：\n")
    assert '<html lang="zh-Hans"' in (tmp_path / "mail.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("wrong", [["gossip"], ["points", "--variant", "gossip"]])
def test_what_there_is_not_is_answered_with_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["proofdesk", "mail", "preview", *wrong])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    assert "Use one of" in capsys.readouterr().err
