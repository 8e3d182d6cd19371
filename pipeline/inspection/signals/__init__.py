"""Signals for the reviewer about an accepted file. They inform; none of them is a verdict."""
