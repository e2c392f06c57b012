"""EXPLAIN's JSON → a tree with what each node costs, to draw or to print."""
