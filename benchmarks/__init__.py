"""Benchmarks: this project and its peers on the same work in one run. ``python -m benchmarks.caching``, or ``make bench``."""
