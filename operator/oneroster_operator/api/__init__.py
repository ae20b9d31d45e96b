"""The contracts: the resource, the plan that a pod is given, the report it leaves."""
