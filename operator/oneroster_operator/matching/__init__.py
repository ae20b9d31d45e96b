"""District schools to the platform's schools. Pure: the same answer for the same input in any order."""
