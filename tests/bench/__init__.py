"""Benchmarks: `python -m tests.bench`.

They count processor time, which a busy machine distorts least, and give ratios to a baseline measured in the same run.
"""
