"""sqlc's query files → ours: its commands become suffixes, its parameters and macros `:name`."""
