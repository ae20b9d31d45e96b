"""The whole installation on the cluster, for the demo and the end-to-end tests: operator, platform, districts."""
