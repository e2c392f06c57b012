-- What a second judge of the inference missed in the other tables.

CREATE FUNCTION page_size(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 5::bigint';

-- Written through a view, a row still meets its table's trigger.
CREATE VIEW ledger.inbox_senders AS SELECT id, sender FROM ledger.inbox;

-- A rule answers an UPDATE of one row with as many as it likes.
CREATE TABLE lab.labels (
  id int PRIMARY KEY,
  title text NOT NULL
);
CREATE RULE rename_words AS ON UPDATE TO lab.labels DO INSTEAD
  UPDATE lab.words SET uses = uses RETURNING nullif(words.uses, 1), words.meaning;
CREATE VIEW lab.label_titles AS SELECT id, title FROM lab.labels;

-- A row may point to itself.
CREATE TABLE lab.nodes (
  id int PRIMARY KEY,
  parent_id int NOT NULL REFERENCES lab.nodes,
  name text NOT NULL
);

-- A key to a partitioned table is a key to none of its partitions.
CREATE TABLE lab.parts (
  id int PRIMARY KEY,
  name text
) PARTITION BY RANGE (id);
CREATE TABLE lab.parts_low PARTITION OF lab.parts FOR VALUES FROM (MINVALUE) TO (3);
CREATE TABLE lab.parts_high PARTITION OF lab.parts FOR VALUES FROM (3) TO (MAXVALUE);
CREATE TABLE lab.part_uses (
  id int PRIMARY KEY,
  part_id int NOT NULL REFERENCES lab.parts
);

-- A view over one that is written by its trigger.
CREATE VIEW lab.event_kinds AS SELECT id, kind FROM lab.event_log;
