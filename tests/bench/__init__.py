"""Benchmarks: measured against a peer in the same run, each figure in a process of its own.

`make bench-client`, `make bench-sync`.
"""
