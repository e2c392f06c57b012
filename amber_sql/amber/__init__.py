"""Amber's own, and not public: seed world, demo, examples, partitions."""
