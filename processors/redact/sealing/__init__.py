"""Originals sealed behind placeholders: the vault, its keys, how they are wrapped, rotated and destroyed."""
