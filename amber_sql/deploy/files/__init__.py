"""Migration files → their text, their directives, their statements; and yoyo's view of them."""
