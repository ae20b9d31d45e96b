"""The chart and the manifests: `python -m tests.chart` writes what is generated in them."""
