"""Policy: Cedar policies evaluated in process, and the facts they are evaluated on."""

from processors.policy.engine import CedarEngine, load_engine

__all__ = ["CedarEngine", "load_engine"]
