"""The whole system on a real cluster: the operator by its chart, real pods, a real database, a real district."""
