"""One module a contender: the same work, as a user of that library would write it, to typed rows."""
