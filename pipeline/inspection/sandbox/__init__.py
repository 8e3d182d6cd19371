"""Opens strangers' files in child processes that may die, so that no file can harm the process that asks.

The fork server is a small program with one thread that has everything imported. It forks the children, which give up what they do
not need and then answer one request after another, each about one file that comes to them opened. The parent holds each answer
against the limits before it uses it.
"""

from pipeline.inspection.sandbox.children import SandboxWeakened
from pipeline.inspection.sandbox.fork_client import SandboxUnavailable
from pipeline.inspection.sandbox.redactor import Redactor
from pipeline.inspection.sandbox.request import ChildLimits
from pipeline.inspection.sandbox.sandbox import Death, Inspected, Sandbox

__all__ = ["ChildLimits", "Death", "Inspected", "Redactor", "Sandbox", "SandboxUnavailable", "SandboxWeakened"]
