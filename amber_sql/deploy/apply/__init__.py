"""One migration at a time, under locks: run, retried, undone, its failure told."""
