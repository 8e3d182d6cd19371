"""The kinds of the countries whose check digits are ours to look at. Pure."""

from functools import partial
from typing import Final

from pipeline.submission.evidence.rules.tax import own_numbers as own
from pipeline.submission.evidence.rules.tax.kinds import FORM, Kind, form, other

_KR: Final = "https://www.nts.go.kr/"
_KZ: Final = "https://adilet.zan.kz/rus/docs/P070000406_"

KR_KINDS: Final = (
    Kind(
        "kr.brn",
        own=own.korean_brn,
        title="BRN (사업자 등록 번호, South Korea Business Registration Number)",
        link=_KR,
    ),
    other(
        "kr.corporation",
        own=own.korean_corporation,
        title="법인등록번호 (Korean corporate registration number)",
        link=_KR,
    ),
    other("kr.rrn"),
)
KZ_KINDS: Final = (
    Kind(
        "kz.bin",
        own=partial(own.kazakh, business=True),
        title="БСН, БИН, BIN (Kazakh business identification number)",
        link=_KZ,
    ),
    Kind(
        "kz.iin",
        own=partial(own.kazakh, business=False),
        title="ЖСН, ИИН, IIN (Kazakh individual identification number)",
        link=_KZ,
    ),
)
MX_KINDS: Final = (
    Kind(
        "mx.rfc",
        own=own.mexican_rfc,
        title="RFC (Registro Federal de Contribuyentes, Mexican tax number)",
        link="https://es.wikipedia.org/wiki/Registro_Federal_de_Contribuyentes_(M%C3%A9xico)",
    ),
    other(
        "mx.generic",
        FORM,
        own=own.generic_rfc,
        title="the generic RFC, which is nobody's own",
        link="https://www.sat.gob.mx/",
    ),
    other(
        "mx.rfc10",
        FORM,
        link="https://www.sat.gob.mx/",
        title="RFC without its last three characters (homoclave)",
        own=form(r"[A-Z&Ñ]{3,4}[0-9]{6}"),
    ),
    other("mx.curp"),
)
