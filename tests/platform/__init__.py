"""A platform to test against and to show: PostgreSQL with the platform's own districts and schools."""
