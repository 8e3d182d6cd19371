"""Inspects files in child processes that may die."""

from pipeline.inspection.sandbox.errors import SandboxUnavailable
from pipeline.inspection.sandbox.limits import Limits
from pipeline.inspection.sandbox.sandbox import Death, Inspected, Sandbox

__all__ = ["Death", "Inspected", "Limits", "Sandbox", "SandboxUnavailable"]
