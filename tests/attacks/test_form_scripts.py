"""A form's own arithmetic is let through by a list of names, and nothing slips past that list."""

import pytest
from pikepdf import Dictionary, Name

from pipeline.inspection.pdf_form_scripts import LONGEST, is_form_script
from pipeline.inspection.pdf_scan import scan_pdf
from tests.support.pdfs import document, root, script

OWN = [
    "this.print({bUI:true,bSilent:false,bShrinkToFit:true});",
    "print();",
    "event.value = event.value %100;",
    "this.print(true, 0, this.numPages - 1);",
    'event.value = event.value.replace(" ", "").trim();',
    'if (event.value == "") this.getField("a").setFocus();',
    'AFNumber_Format(2, 0, 0, 0, "", true);',
    'AFNumber_Keystroke(2, 0, 0, 0, "\\u20ac ", true)',
    'AFSimple_Calculate("SUM", new Array ("Total.1", "Total.2"));',
    "AFSimple_Calculate('PRD', ['a', 'b']);",
    'AFDate_FormatEx("dd/mm/yyyy"); // the day first',
    "AFSpecial_Keystroke(2);\r\nAFRange_Validate(true, 0, true, 100);",
    'event.value = this.getField("a").value * 1 + this.getField("b").value / 100;',
    "var a = getField('net'), b;\nb = a.value;\nif (b != null && b > 0) { event.value = Math.round(b * 19) / 100; } else event.value = '';",
    'event.value = util.printf("%.2f", Number(event.value));',
    "/* eval(this) */ event.rc = !isNaN(event.value);",
    "var pp = this.getPrintParams(); pp.interactive = pp.constants.interactionLevel.automatic; this.print(pp);",
]
OTHER = [
    "",
    " ",
    "// nothing",
    "app.alert(1)",
    "eval('x')",
    "this.submitForm('http://x')",
    "this.exportDataObject({cName: 'a', nLaunch: 2})",
    "this['sub' + 'mitForm']('http://x')",
    'this["exportDataObject"]()',
    "event.target['doc']",
    "app['launchURL']('http://x')",
    "getURL('http://x')",
    "print = eval; print('app.alert(1)')",
    "event.toString = eval; event.toString('1')",
    "var eval; (eval)('app.alert(1)')",
    "var eval; eval\n('app.alert(1)')",
    "var eval; [eval][0]('app.alert(1)')",
    "var Function; new Function('x')",
    "this.\\u0065val('x')",
    "\\u0065val('x')",
    "event.value.constructor.constructor('x')()",
    "a = {valueOf: print}",
    "event.value = `${app.alert(1)}`",
    "function print() { app.alert(1) }",
    "/'/; app.alert(1); /'/",
    "if (1) /'/.x; app.alert(1); /'/",
    "if (1) /[/*]/; app.alert(1); /*/;*/",
    "<!-- /*\napp.alert(1); // */",
    "print(); //\u2028app.alert(1)",
    "print(); //\xe2\x80\xa8app.alert(1)",
    "with (app) print()",
    "try { print() } catch (e) { }",
    "AFNumber_Format(2); doc.mailDoc()",
    "util.readFileIntoStream('/etc/passwd')",
    "Collab.collectEmailInfo()",
    'util.printf("%45000f", 1)',
    'util.printf("%.300f", 1)',
    "print()" + " " * LONGEST,
    "print('",
    "/* print()",
    "ｐrint()",  # noqa: RUF001
]


@pytest.mark.parametrize("text", OWN)
def test_arithmetic_formats_checks_and_printing_are_the_forms_own(text: str) -> None:
    assert is_form_script(text)


@pytest.mark.parametrize("text", OTHER)
def test_any_other_script_is_not(text: str) -> None:
    assert not is_form_script(text)


@pytest.mark.parametrize("text", OWN)
def test_a_pdf_whose_scripts_are_its_forms_own_has_a_warning(text: str) -> None:
    assert [found.code for found in scan_pdf(script(text))] == ["form_scripts"]


@pytest.mark.parametrize("text", OTHER[:-4])
def test_a_pdf_with_any_other_script_is_refused(text: str) -> None:
    assert [found.code for found in scan_pdf(script(text))] == ["pdf_active_content"]


def test_one_other_script_among_many_refuses_the_pdf() -> None:
    good, bad = (Dictionary(S=Name.JavaScript, JS=text) for text in ("print();", "app.alert(1)"))

    assert [found.code for found in scan_pdf(document(root(A=good, B=bad)))] == ["pdf_active_content"]


def test_a_script_in_a_stream_is_read_like_one_in_a_string() -> None:
    def streamed(body: bytes) -> bytes:
        return document(lambda pdf: root(A=Dictionary(S=Name.JavaScript, JS=pdf.make_stream(body)))(pdf))

    assert [found.code for found in scan_pdf(streamed(b"print();"))] == ["form_scripts"]
    assert [found.code for found in scan_pdf(streamed(b"\xfe\xff" + "print();".encode("utf-16-be")))] == [
        "form_scripts"
    ]
    assert [found.code for found in scan_pdf(streamed(b"print();" + b" " * 70_000 + b"app.alert(1)"))] == [
        "pdf_active_content"
    ]


def test_an_action_without_a_script_is_refused() -> None:
    assert [found.code for found in scan_pdf(document(root(A=Dictionary(S=Name.JavaScript))))] == ["pdf_active_content"]


def test_a_script_by_a_key_that_is_no_tree_of_names_is_refused() -> None:
    assert [found.code for found in scan_pdf(document(root(JavaScript="print();")))] == ["pdf_active_content"]
