"""`.sql` files → queries; nothing here asks a server."""
