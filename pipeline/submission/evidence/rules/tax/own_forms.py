"""Kinds that are known by their form alone, from what the countries publish: no check digit of theirs is. Pure.

The pages are the countries' sheets in the OECD's collection of tax identification numbers, or those of the authority itself.
"""

from collections.abc import Mapping
from typing import Final

from pipeline.submission.evidence.rules.tax.kinds import FORM, Kind, form, other

_OECD: Final = (
    "https://www.oecd.org/tax/automatic-exchange/crs-implementation-and-assistance/tax-identification-numbers/"
)


def _taken(code: str, title: str, pattern: str, link: str = _OECD, length: int | None = None) -> Kind:
    """`length`: so many characters are kept; what follows names a branch."""
    return Kind(code, FORM, own=form(pattern), title=title, link=link, kept=lambda number: number[:length])


def _other(code: str, title: str, pattern: str, link: str = _OECD) -> Kind:
    return other(code, FORM, own=form(pattern), title=title, link=link)


OWN_FORMS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "AE": (
        _taken(
            "ae.trn", "TRN (Tax Registration Number of the United Arab Emirates)", r"1[0-9]{14}", "https://tax.gov.ae/"
        ),
        _taken(
            "ae.tin",
            "TIN (taxpayer number of the United Arab Emirates, the first ten digits of the TRN)",
            r"1[0-9]{9}",
            "https://tax.gov.ae/",
        ),
        _other("ae.eid", "the Emirates ID of a person", r"784[0-9]{12}"),
    ),
    "AT": (
        _other(
            "at.fn",
            "a company register number (Firmenbuchnummer)",
            r"(FN)?[0-9]{1,6}[A-Z]",
            "https://justizonline.gv.at/",
        ),
    ),
    "BD": (
        _taken("bd.tin", "e-TIN (Bangladesh tax identification number)", r"[0-9]{12}", "https://nbr.gov.bd/"),
        _taken("bd.bin", "BIN (Bangladesh VAT registration number)", r"[0-9]{9}([0-9]{4})?", "https://nbr.gov.bd/", 9),
        _other("bd.nid", "the NID of a person", r"[0-9]{10}|[0-9]{17}", "https://services.nidw.gov.bd/"),
    ),
    "EG": (_other("eg.nid", "the national ID of a person", r"[23][0-9]{13}"),),
    "GB": (
        _other(
            "gb.company",
            "a company number of Companies House",
            r"[0-9]{8}|(SC|NI|OC|SO|NC|FC|BR)[0-9]{6}",
            "https://www.gov.uk/get-information-about-a-company",
        ),
        _other(
            "gb.nino",
            "the National Insurance number of a person",
            r"[A-Z]{2}[0-9]{6}[A-D]",
            "https://www.gov.uk/national-insurance",
        ),
    ),
    "GH": (_taken("gh.pin", "Ghana Card PIN (the TIN of a person)", r"[A-Z]{3}[0-9]{10}", "https://gra.gov.gh/tin/"),),
    "HK": (
        _taken(
            "hk.brn",
            "Business Registration Number (商業登記號碼, Hong Kong)",
            r"[0-9]{8}([0-9]{3}([0-9]{2}[0-9]{2}[0-9A])?)?",
            "https://www.ird.gov.hk/eng/tax/bre.htm",
            8,
        ),
        _other(
            "hk.cr",
            "a company number of the Companies Registry from before 2023",
            r"[0-9]{7}",
            "https://www.cr.gov.hk/",
        ),
        _other("hk.id", "the Hong Kong identity card number of a person", r"[A-Z]{1,2}[0-9]{6}[0-9A]"),
    ),
    "ID": (
        _other(
            "id.nitku",
            "NITKU, the number of a place of business; its first 16 digits are the NPWP",
            r"[0-9]{22}",
            "https://www.pajak.go.id/",
        ),
    ),
    "MY": (
        _taken(
            "my.tin",
            "TIN (Nombor Pengenalan Cukai, Malaysian tax identification number)",
            r"(C|CS|D|E|F|FA|PT|TA|TC|TN|TR|TP|J|LE|IG|SG|OG)[0-9]{9,12}",
            "https://www.hasil.gov.my/",
        ),
        _taken(
            "my.sst",
            "SST (Malaysian sales and service tax registration number)",
            r"[A-Z][0-9]{2}[0-9]{4}[0-9]{8}",
            "https://mysst.customs.gov.my/",
        ),
        _other(
            "my.ssm",
            "a registration number of the Companies Commission (SSM)",
            r"(19|20)[0-9]{10}([0-9]{5,7}[A-Z])?|[0-9]{5,7}[A-Z]",
            "https://www.ssm.com.my/",
        ),
        other("my.nric", FORM),
    ),
    "NG": (
        _taken(
            "ng.tin",
            "TIN (Nigerian tax identification number)",
            r"[0-9]{10}|[0-9]{12}|[0-9]{13}",
            "https://tin.jtb.gov.ng/",
        ),
        _other(
            "ng.rc",
            "an RC or BN number of the Corporate Affairs Commission",
            r"(RC|BN)[0-9]{4,8}",
            "https://www.cac.gov.ng/",
        ),
        _other("ng.nin", "the NIN of a person", r"[0-9]{11}", "https://nimc.gov.ng/"),
    ),
    "NZ": (_other("nz.nzbn", "NZBN (New Zealand Business Number)", r"94[0-9]{11}", "https://www.nzbn.govt.nz/"),),
    "PH": (
        _taken(
            "ph.tin",
            "TIN (Philippine taxpayer identification number)",
            r"[0-9]{9}([0-9]{3}|[0-9]{5})?",
            "https://www.bir.gov.ph/",
            9,
        ),
        _other("ph.sec", "a company registration number of the SEC", r"(CS|A)[0-9]{6,12}", "https://www.sec.gov.ph/"),
    ),
    "PK": (
        _taken("pk.ntn", "NTN (National Tax Number, Pakistan)", r"[0-9A-Z][0-9]{7}", "https://www.fbr.gov.pk/"),
        Kind(
            "pk.cnic",
            FORM,
            own=form(r"[1-7][0-9]{11}[1-9]"),
            title="CNIC (the tax number of a person in Pakistan)",
            link="https://www.fbr.gov.pk/",
        ),
        _other("pk.strn", "STRN (sales tax registration number, Pakistan)", r"[0-9]{13}", "https://www.fbr.gov.pk/"),
    ),
    "PL": (
        _other(
            "pl.krs",
            "a KRS number of the Polish court register",
            r"0000[0-9]{6}",
            "https://wyszukiwarka-krs.ms.gov.pl/",
        ),
    ),
    "QA": (
        _taken("qa.tin", "TIN (Qatari tax identification number)", r"[0-9]{10}", "https://gta.gov.qa/"),
        _other("qa.qid", "the QID of a person", r"[23][0-9]{10}"),
    ),
    "SA": (
        _taken(
            "sa.vat", "VAT registration number (الرقم الضريبي, Saudi Arabia)", r"3[0-9]{13}3", "https://zatca.gov.sa/"
        ),
        _taken(
            "sa.tin",
            "TIN (Saudi taxpayer number, the first ten digits of the VAT number)",
            r"3[0-9]{9}",
            "https://zatca.gov.sa/",
        ),
        _other("sa.cr", "a commercial registration number (السجل التجاري)", r"[14-79][0-9]{9}", "https://mc.gov.sa/"),
        _other("sa.id", "the national ID or Iqama of a person", r"[12][0-9]{9}"),
    ),
    "SG": (
        _other("sg.nric", "the NRIC or FIN of a person", r"[STFGM][0-9]{7}[A-Z]", "https://www.ica.gov.sg/"),
        _taken(
            "sg.gst", "GST registration number (Singapore)", r"M[0-9A-Z][0-9]{7}[0-9A-Z]", "https://www.iras.gov.sg/"
        ),
    ),
    "SK": (_other("sk.ico", "IČO (Slovak company identifier)", r"[0-9]{8}", "https://www.orsr.sk/"),),
    "TW": (_other("tw.id", "the national ID of a person", r"[A-Z][1289][0-9]{8}", "https://www.ris.gov.tw/"),),
    "UA": (_taken("ua.ipn", "ІПН (VAT payer's individual tax number, Ukraine)", r"[0-9]{12}", "https://tax.gov.ua/"),),
    "VN": (
        _other("vn.cccd", "the citizen identity number (CCCD) of a person", r"[0-9]{12}", "https://bocongan.gov.vn/"),
    ),
    "ZA": (
        _other(
            "za.cipc",
            "a company registration number of the CIPC",
            r"(19|20)[0-9]{2}[0-9]{6}[0-9]{2}",
            "https://www.cipc.co.za/",
        ),
    ),
}
"""By country. Where the first is not taken, the country's own kinds stand in `table.py`."""
