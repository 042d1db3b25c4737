"""Running read-only tools: which may be asked, with what, how often, and whether an answer may be believed."""

from processors.ground.tooling.asking import Asking, Ran
from processors.ground.tooling.runner import ToolRunner

__all__ = ["Asking", "Ran", "ToolRunner"]
