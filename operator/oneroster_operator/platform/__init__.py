"""The platform's database: its schema, its schools and links, the accounts of runs."""
