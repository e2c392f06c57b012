"""A URL → one connection fit for a deploy, and what may be said of it in public."""
