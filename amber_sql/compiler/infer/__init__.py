"""What the query tree proves: NULL or not, how many rows, what a parameter may hold.

`scope` is the door: one query level, its columns and facts. `expression` answers for an
expression, `ranges` for a table or subquery in FROM, `cardinality` for the number of rows, `needs`
for parameters. They ask each other through Scope, as SQL nests.
"""
