"""What a model is worth: metrics by definition, intervals, choice of threshold, comparison, and the report."""
