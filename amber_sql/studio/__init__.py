"""Pages over a database and its named queries; the same as files for who has no database at hand."""
