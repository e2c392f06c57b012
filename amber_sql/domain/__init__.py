# Derived from aio/domain/__init__.py by tools/async_to_sync.py: change that file, never this one.
"""What takes two statements in one transaction: thin typed functions over the queries.

Each takes a connection or a pool, as the queries do. Locks are taken in the order subscription,
installation, session; `now` is the server's clock unless it is given.
"""
