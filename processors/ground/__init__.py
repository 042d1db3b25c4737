"""Ground: evidence the requester may see, from knowledge and from read-only tools."""

from processors.ground.knowledge_base import KnowledgeBase
from processors.ground.stage import Ground

__all__ = ["Ground", "KnowledgeBase"]
