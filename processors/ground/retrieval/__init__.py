"""Retrieval: filtered first, found by codes, words and meaning, fused, and cut to what a prompt can take."""

from processors.ground.retrieval.retriever import Freshness, HybridRetriever, reader_of

__all__ = ["Freshness", "HybridRetriever", "reader_of"]
