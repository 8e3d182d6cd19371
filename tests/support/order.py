"""In which order files are begun: what takes longest first, so that at the end no worker waits for another one's long file."""

from collections.abc import Sequence
from typing import Final

import pytest

LONGEST: Final = (
    "test_crash_points.py",
    "test_chaos_short.py",
    "test_demo.py",
    "test_up.py",
    "test_embedded_servers.py",
    # in a browser, which goes on from one file to the next
    "test_accessibility.py",
    "test_member_page.py",
    "test_draining.py",
    "test_people_pages.py",
    "test_case_page.py",
    "test_mails_in_browser.py",
    "test_quality_pages.py",
    # the rest of those that take some seconds
    "test_nul_and_odd_text.py",
    "test_sandbox_required.py",
    "test_forwarded_addresses.py",
    "test_lifecycle_machine.py",
    "test_openapi.py",
    "test_pictures.py",
    "test_passing_on_races.py",
    "test_drawings.py",
    "test_sandbox.py",
    "test_business_email.py",
    "test_role_table.py",
    "test_chaos_control.py",
    "test_fuzz_pdf_scan.py",
    "test_console_case.py",
)
"""Names of files. Whatever takes less follows in the order of its folders."""


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    return sorted(items, key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
