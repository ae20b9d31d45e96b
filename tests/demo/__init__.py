"""`make demo`: a district goes live, told with kubectl's own output."""
