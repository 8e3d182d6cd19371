from collections.abc import Mapping

from pipeline.submission.evidence.method import EvidenceMethod
from pipeline.verification import business_email, tax_number
from pipeline.verification.business_email import TakesMail


def evidence_methods(*, takes_mail: TakesMail) -> Mapping[str, EvidenceMethod]:
    """Each method by its name. `takes_mail`: whether the domain of an address takes mail."""
    return {
        "tax_number": tax_number.METHOD,
        "business_email": business_email.evidence_method(takes_mail),
    }
