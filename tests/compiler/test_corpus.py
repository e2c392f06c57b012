"""The corpus against real data: a label that a returned row contradicts is wrong, whatever we infer."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from corpus.cases import broken, folders, labels, named, queries
from corpus.fill import fill
from corpus.run import Draws, execute, parameter_types

from amber_sql.compiler.files.load import load_folder

if TYPE_CHECKING:
    import psycopg

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]


def test_every_query_has_its_label() -> None:
    """No query without a label, no label without a query."""
    assert set(queries(18)) == set(labels())


def test_the_corpus_loads() -> None:
    """Our loader finds nothing to say about any file of the corpus."""
    findings = [f for folder in folders(18) for file in load_folder(folder) for f in file.findings]
    assert findings == []


def test_the_corpus_is_large_enough() -> None:
    """As many queries and labelled columns as were promised, without those open to argument."""
    plain = [c for label in labels().values() for c in label.columns if c not in label.arguable]
    assert len(labels()) > 600
    assert len(plain) > 1900


def test_labels_name_what_the_server_describes(corpus: psycopg.Connection[Any]) -> None:
    """The labelled columns and parameters are the statement's own, in their order."""
    known = labels()
    for key, query in queries(corpus.info.server_version // 10000).items():
        corpus.pgconn.prepare(b"", query.sql.encode())
        described = corpus.pgconn.describe_prepared(b"")
        names = [(described.fname(n) or b"").decode() for n in range(described.nfields)]
        assert named(names) == list(known[key].columns), key
        assert set(query.parameters) == set(known[key].params), key


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_hold_on_random_data(corpus: psycopg.Connection[Any], seed: int) -> None:
    """No column labelled not null is NULL, no statement returns more or fewer rows than its label says."""
    fill(corpus, seed)
    corpus.execute("REFRESH MATERIALIZED VIEW product_stats")
    corpus.execute("ANALYZE")
    draws, known = Draws(corpus), labels()
    rng = Random(seed)  # noqa: S311  (repeatable, not secret)
    wrong: dict[str, str] = {}
    for key, query in queries(corpus.info.server_version // 10000).items():
        label = known[key]
        types = parameter_types(corpus, query.sql)
        for _ in range(4 if types else 2):
            values = [
                draws.draw(rng, oid, name, nullable=label.params[name] == "nullable")
                for oid, name in zip(types, query.parameters, strict=True)
            ]
            rows = execute(corpus, query.sql, values)
            if rows is not None and (problem := broken(label, rows)):
                wrong[key] = f"{problem}, with {values}"
    assert wrong == {}
