"""A real Kubernetes for the demo and the tests: `python -m tests.cluster up` (see `choose` for which one)."""
