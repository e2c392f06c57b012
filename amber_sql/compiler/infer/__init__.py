"""What the query tree proves: NULL or not, how many rows, what a parameter may hold.

`scope` is the door: one query level, its columns and facts. `expression` answers for an
expression, `range_table` for a table or subquery in FROM, `cardinality` for the number of rows,
`contents` for elements and stored rows, `rows` for the fields of anonymous ones, `parameters` for parameters. They ask each other through
`level.Level`, the protocol at the bottom, as SQL nests; `nodes` names the tree's numbers.
"""
