"""The kinds of each country, in the order in which they are tried; the first is the usual one of a business. Pure."""

from collections.abc import Mapping
from typing import Final

from pipeline.submission.evidence.rules.tax import own_numbers as own
from pipeline.submission.evidence.rules.tax.kinds import FORM, Kind, module, other
from pipeline.submission.evidence.rules.tax.own_forms import OWN_FORMS
from pipeline.submission.evidence.rules.tax.own_kinds import KR_KINDS, KZ_KINDS, MX_KINDS
from pipeline.submission.evidence.rules.tax.register_numbers import REGISTER_NUMBERS

_UNION: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
IN_VIES: Final = frozenset([*_UNION.split(), "XI"])
"""The countries, and Northern Ireland, that answer to the European Union's register (Council Regulation (EU) No 904/2010)."""

_CODES: Final = """
ad.nrt al.nipt az.voen by.unp cl.rut co.nit cy.vat cz.dic fo.vn gn.nifp gr.vat gt.nit hr.oib ke.pin li.peid lu.tva lv.pvn ma.ice mc.tva
me.pib mk.edb mt.vat mz.nuit py.ruc ro.cf rs.pib bg.vat es.nif dz.nif md.idno sm.coe sn.ninea sv.nit uy.rut ve.rif
"""
_ONE_KIND: Final[Mapping[str, str]] = {code[:2].upper(): code for code in _CODES.split()}
"""Countries of which one kind is known."""

_FORM_ONLY: Final = frozenset({"ad.nrt", "al.nipt", "sm.coe", "dz.nif", "fo.vn", "ke.pin", "li.peid"})

_WHOLE: Final = {"cl.rut": 9, "co.nit": 10, "gr.vat": 9, "gt.nit": 8, "py.ruc": 9}
"""How many characters a company's number has: a shorter one may lack its check digit, or the zeros at its beginning."""


def _plain(code: str, country: str) -> Kind:
    checks = FORM if code in _FORM_ONLY else "check digit"
    return Kind(code, checks, in_vies=country in IN_VIES, whole=_WHOLE.get(code, 0))


_SEVERAL: Final[Mapping[str, tuple[Kind, ...]]] = {
    "AR": (Kind("ar.cuit"), other("ar.dni", FORM)),
    "AT": (Kind("at.uid", in_vies=True), Kind("at.tin"), *OWN_FORMS["AT"]),
    "AU": (Kind("au.abn"), Kind("au.acn"), other("au.tfn")),
    "BE": (Kind("be.vat", in_vies=True), other("be.nn"), other("be.bis")),
    "BR": (Kind("br.cnpj"), Kind("br.cpf")),
    "CA": (Kind("ca.bn", kept=lambda number: number[:9]),),
    "CH": (
        Kind("ch.vat", kept=lambda number: number[:12]),
        Kind("ch.uid", own=own.swiss_uid, title="UID (Unternehmens-Identifikationsnummer, Swiss business identifier)"),
        other("ch.ssn"),
    ),
    "CN": (Kind("cn.uscc"), other("cn.ric"), *REGISTER_NUMBERS["CN"]),
    "CR": (Kind("cr.cpj", FORM), Kind("cr.cpf", FORM), other("cr.cr", FORM)),
    "DE": (
        Kind("de.vat", in_vies=True),
        other("de.idnr"),
        Kind("de.stnr", FORM),
        other("de.handelsregisternummer", FORM),
        *REGISTER_NUMBERS["DE"],
    ),
    "DK": (Kind("dk.cvr", in_vies=True), other("dk.cpr", FORM)),
    "DO": (Kind("do.rnc"), Kind("do.cedula")),
    "EC": (Kind("ec.ruc"), other("ec.ci")),
    "EE": (Kind("ee.kmkr", in_vies=True), Kind("ee.registrikood"), other("ee.ik")),
    "EG": (Kind("eg.tn", FORM), *OWN_FORMS["EG"]),
    "FI": (Kind("fi.alv", in_vies=True), other("fi.hetu")),
    "FR": (
        Kind("fr.tva", in_vies=True),
        Kind("fr.siren"),
        Kind("fr.siret"),
        other("fr.nif"),
        other("fr.nir"),
    ),
    "GB": (Kind("gb.vat"), Kind("gb.utr"), *OWN_FORMS["GB"]),
    "GH": (Kind("gh.tin"), *OWN_FORMS["GH"]),
    "HU": (
        Kind("hu.anum", in_vies=True),
        Kind(
            "hu.adoszam", own=own.hungarian_adoszam, title="Adószám (Hungarian tax number)", link="https://nav.gov.hu/"
        ),
    ),
    "ID": (Kind("id.npwp"), *OWN_FORMS["ID"]),
    "IE": (Kind("ie.vat", in_vies=True, kept=lambda number: str(module("ie.vat").convert(number))),),
    "IL": (Kind("il.hp"), Kind("il.idnr", whole=9)),
    "IN": (Kind("in_.gstin"), Kind("in_.pan", FORM), other("in_.aadhaar"), *REGISTER_NUMBERS["IN"]),
    "IS": (Kind("is_.vsk", FORM), Kind("is_.kennitala")),
    "IT": (Kind("it.iva", in_vies=True), Kind("it.codicefiscale")),
    "JP": (
        Kind(
            "jp.cn",
            own=own.japanese_cn,
            title="CN (法人番号, hōjin bangō, Japanese Corporate Number; with T of an invoice issuer)",
            link="https://www.houjin-bangou.nta.go.jp/documents/checkdigit.pdf",
        ),
        other("jp.in_"),
    ),
    "KR": KR_KINDS,
    "KZ": KZ_KINDS,
    "LT": (Kind("lt.pvm", in_vies=True), other("lt.asmens")),
    "MX": MX_KINDS,
    "NL": (
        Kind("nl.btw", in_vies=True),
        *REGISTER_NUMBERS["NL"],
        Kind("nl.bsn", title="RSIN (fiscal number of a Dutch company; of a person: BSN)", whole=9),
    ),
    "NO": (Kind("no.mva", kept=lambda number: number.removesuffix("MVA")), Kind("no.orgnr"), other("no.fodselsnummer")),
    "NZ": (Kind("nz.ird", kept=lambda number: number.zfill(9)), *OWN_FORMS["NZ"]),
    "PE": (Kind("pe.ruc"), other("pe.cui")),
    "PL": (*OWN_FORMS["PL"], Kind("pl.nip", in_vies=True), other("pl.regon"), other("pl.pesel")),
    "PT": (Kind("pt.nif", in_vies=True), other("pt.cc")),
    "RU": (Kind("ru.inn"), other("ru.ogrn")),
    "SE": (
        Kind("se.vat", in_vies=True),
        Kind(
            "se.personnummer",
            own=own.swedish_person,
            title="Personnummer (of a Swedish sole trader)",
            link="https://www.skatteverket.se/",
        ),
        Kind("se.orgnr", kept=lambda number: f"{number}01"),
    ),
    "SG": (Kind("sg.uen"), *OWN_FORMS["SG"]),
    "SI": (Kind("si.ddv", in_vies=True), other("si.maticna"), other("si.emso")),
    "SK": (Kind("sk.dph", in_vies=True), other("sk.rc"), *OWN_FORMS["SK"]),
    "TH": (Kind("th.moa"), Kind("th.pin")),
    "TN": (Kind("tn.mf", FORM, kept=lambda number: number[:8]),),
    "TR": (Kind("tr.vkn"), Kind("tr.tckimlik")),
    "TW": (
        Kind(
            "tw.ubn",
            own=own.taiwanese_ubn,
            title="UBN (Unified Business Number, 統一編號, Taiwanese tax number)",
            link="https://www.fia.gov.tw/singlehtml/3?cntId=c4d9cff38c8642ef8872774ee9987283",
        ),
        *OWN_FORMS["TW"],
    ),
    "UA": (Kind("ua.edrpou"), Kind("ua.rntrc"), *OWN_FORMS["UA"]),
    "US": (
        Kind("us.ein", FORM),
        other("us.itin", FORM),
        other("us.ssn", FORM),
        other("us.ptin", FORM),
        other("us.atin", FORM),
    ),
    "VN": (Kind("vn.mst"), *OWN_FORMS["VN"]),
    "XI": (Kind("gb.vat", title="VAT number of Northern Ireland (XI)", in_vies=True),),
    "ZA": (
        Kind("za.tin"),
        Kind(
            "za.vat",
            own=own.south_african_vat,
            title="VAT (South African VAT registration number)",
            link="https://www.sars.gov.za/",
        ),
        other("za.idnr"),
        *OWN_FORMS["ZA"],
    ),
}


KINDS: Final[Mapping[str, tuple[Kind, ...]]] = dict(
    sorted(
        {
            **{country: kinds for country, kinds in OWN_FORMS.items() if kinds[0].taken},
            **{country: (_plain(code, country),) for country, code in _ONE_KIND.items()},
            **_SEVERAL,
        }.items()
    )
)
"""By ISO 3166 code, with XI for Northern Ireland."""
