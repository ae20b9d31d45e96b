"""OneRoster for Kubernetes: a school district declared as a resource, its roster kept in PostgreSQL."""
