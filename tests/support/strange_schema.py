"""A stranger's schema: one of everything that the catalogue tells of, and names that want to be more than names."""

SCHEMA = """
CREATE SCHEMA shop;
CREATE SCHEMA elsewhere;
CREATE TYPE shop.status AS ENUM ('open', 'paid', '<script>alert(1)</script>');
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE DOMAIN shop.feeling AS mood;
CREATE TABLE people (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    boss bigint REFERENCES people,
    name varchar(40) NOT NULL,
    moods mood[] NOT NULL DEFAULT '{happy}',
    feeling shop.feeling,
    shout text GENERATED ALWAYS AS (upper(name)) STORED,
    token text CHECK (token <> '')
);
COMMENT ON TABLE people IS E'Who is known.\\n@struct Person';
COMMENT ON COLUMN people.token IS E'What they log in by.\\n@secret';
CREATE TABLE shop.orders (
    tenant int NOT NULL, number int NOT NULL, person bigint NOT NULL REFERENCES people ON DELETE CASCADE,
    status shop.status NOT NULL DEFAULT 'open', at tstzrange,
    PRIMARY KEY (tenant, number), EXCLUDE USING gist (at WITH &&)
);
CREATE TABLE shop.lines (
    tenant int, "order" int, n int, note jsonb,
    PRIMARY KEY (tenant, "order", n),
    CONSTRAINT of_order FOREIGN KEY (tenant, "order") REFERENCES shop.orders DEFERRABLE
);
CREATE TABLE shop.bills (
    tenant int, "order" int, UNIQUE (tenant, "order"),
    FOREIGN KEY (tenant, "order") REFERENCES shop.orders
);
CREATE TABLE elsewhere.people (id int PRIMARY KEY, "Person" bigint REFERENCES public.people);
CREATE TABLE "People" (id int);
CREATE TABLE "we|ird `name`
<script>alert(1)</script>" (
    id int PRIMARY KEY, "co|l`umn
</td>" text DEFAULT '|`</script>', "ünï 数据" text
);
COMMENT ON TABLE "we|ird `name`
<script>alert(1)</script>" IS E'A | comment\\nwith `ticks`, <b>tags</b> and [a link](javascript:alert(1))';
CREATE TABLE events (id bigint, at timestamptz NOT NULL, person bigint REFERENCES people) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE INDEX events_person ON events (person) WHERE person IS NOT NULL;
CREATE VIEW happy AS SELECT p.id, p.name FROM people AS p WHERE 'happy' = ANY (p.moods);
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM people;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON people FOR SELECT USING (name = current_user);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER note BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TABLE alone (x int);
"""
