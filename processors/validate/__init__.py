"""Validate: what a model proposed is read like any untrusted input, against its action's model and its evidence."""

from processors.validate.stage import Validate, check, parse

__all__ = ["Validate", "check", "parse"]
