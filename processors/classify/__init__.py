"""Classify: rules first, then the cheap tier; what neither can decide goes to the larger model."""

from processors.classify.classifier import LinearClassifier
from processors.classify.classifier import load as load_classifier
from processors.classify.stage import Classify

__all__ = ["Classify", "LinearClassifier", "load_classifier"]
