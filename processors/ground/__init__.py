"""Ground: evidence the requester may see, from knowledge and from read-only tools."""

from processors.ground.stage import Ground

__all__ = ["Ground"]
