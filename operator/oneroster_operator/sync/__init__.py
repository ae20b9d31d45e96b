"""The sync container: extract, stage, diff, limits, merge, report. Knows no Kubernetes."""
