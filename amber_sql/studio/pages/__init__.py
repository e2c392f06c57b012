"""One module a page: its model, its handler, its address."""
