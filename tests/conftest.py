"""Fixtures that every test may ask for."""

pytest_plugins = ["tests.platform.fixtures", "tests.cluster_fixtures"]
