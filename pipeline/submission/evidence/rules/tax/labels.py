"""The words that stand before a tax number on letterheads and invoices: `USt-IdNr.`, `VAT Reg No:`, `GSTIN`. Pure."""

import re
from typing import Final

_WORDS: Final = (
    # what numbers are called in general
    "VAT TAX GST REG REGISTRATION REGISTERED REGN NUMBER NUMMER NUM NUMERO NÚMERO NR NO N° № ID CODE IDENTIFICATION IDENTIFIER TAXPAYER "
    "BUSINESS COMPANY CONTRIBUINTE CONTRIBUYENTE FISCAL CODIGO CÓDIGO CODICE NUMÉRO DE DU DI DEL DA "
    # by their own names
    "TVA INTRACOMMUNAUTAIRE SIREN SIRET IVA P. PIVA PARTITA CF UST UST-ID USTID IDNR STEUERNUMMER STNR MWST UID BTW MOMS MVA CVR SE-NR "
    "ORG ORGNR MOMSNR ALV Y-TUNNUS KENNITALA VSK NIF CIF NIPC NIE NIT RUT RUC RFC CUIT CUIL CNPJ CPF RTN RNC PIB OIB EMBG EMŠO "
    "DDV ID-DDV PDV NIP REGON IČO IČ DIČ ICO DIC IČ DPH ADÓSZÁM CUI EIK BULSTAT ЕИК ДДС ІПН ЄДРПОУ ИНН УНП INN PVN PVM KMKR ΑΦΜ AFM "
    "VKN VERGI VERGİ VÖEN VOEN IDNO NIPT NUIS COE TRN TIN EIN BIN NTN STRN GSTIN PAN ABN ACN IRD NZBN UEN BRN BR SST LHDN NPWP MST "
    "PIN KRA TPIN ICE IFU NIU NINEA PPN CRN "
    "统一社会信用代码 统一信用代码 纳税人识别号 纳税识别号 税号 統一編號 統編 法人番号 登録番号 사업자등록번호 등록번호 الرقم الضريبي "
    "เลขประจำตัวผู้เสียภาษี"
)

_LONGEST_ABBREVIATION: Final = 5


def _pattern(word: str) -> str:
    """The word as it is; an abbreviation also with points, as in `N.I.F`."""
    short = word.isalpha() and len(word) <= _LONGEST_ABBREVIATION
    return r"\.?".join(word) if short else re.escape(word)


_LABEL: Final = re.compile(
    r"(?:\(?(?:"
    + "|".join(_pattern(word) for word in sorted(set(_WORDS.split()), key=len, reverse=True))
    + r")(?![^\W\d_])[\s.:#,/)-]*)+"
)


def without_label(written: str) -> str:
    """The number without the words of a label before it; the same where there are none, or nothing but them.

    `written` is in capitals, and in the characters of NFKC.
    """
    found = _LABEL.match(written)
    return (written[found.end() :] or written) if found else written
