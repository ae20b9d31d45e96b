"""The resource: its definition on paper, and on a real API server."""
