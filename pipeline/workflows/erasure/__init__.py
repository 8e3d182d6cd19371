"""Erase a member: hidden in one transaction, then everything gone by the deadline, with a receipt (docs/retention.md)."""
