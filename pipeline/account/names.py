"""The names of the sections that a member writes."""

from typing import Final

PERSONAL: Final = "personal_information"
PROCUREMENT: Final = "procurement_information"
BUSINESS_CARD: Final = "business_card"
COMPANY: Final = "company_information"
PRIVACY: Final = "privacy"
