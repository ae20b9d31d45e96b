"""Which school of the platform a district's school is."""
