"""A robot reader, for measuring what an edit costs a hand."""
