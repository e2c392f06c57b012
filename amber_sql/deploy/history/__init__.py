"""What a database remembers of its migrations, and what that says about the files on disk."""
