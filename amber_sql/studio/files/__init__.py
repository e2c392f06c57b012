"""The catalogue as files, for who has no database at hand: Markdown for a forge, HTML for a browser."""
