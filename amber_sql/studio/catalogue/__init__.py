"""What a project's database and queries are, read once, for pages and files alike."""
