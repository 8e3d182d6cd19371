"""The record of who did what: rows that are only added, seals that chain them, and what proves them (docs/audit.md)."""
