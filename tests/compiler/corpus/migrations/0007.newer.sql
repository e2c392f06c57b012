-- What only PostgreSQL 18 can state; on older servers there is nothing to do.

DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 180000 THEN
    EXECUTE 'CREATE TABLE lab.virtuals (
      id int PRIMARY KEY,
      width int NOT NULL,
      height int,
      area int GENERATED ALWAYS AS (width * height) VIRTUAL,
      double_width int GENERATED ALWAYS AS (width * 2) VIRTUAL,
      shade text
    )';
    -- Rows from before the constraint are not looked at: the column may still hold NULL.
    EXECUTE 'INSERT INTO lab.virtuals (id, width, shade) VALUES (-1, 1, NULL)';
    EXECUTE 'ALTER TABLE lab.virtuals ADD CONSTRAINT virtuals_shade NOT NULL shade NOT VALID';
    EXECUTE 'CREATE TABLE lab.loose (
      id int PRIMARY KEY,
      order_id bigint NOT NULL REFERENCES orders NOT ENFORCED,
      word text CHECK (word IS NOT NULL) NOT ENFORCED
    )';
    EXECUTE 'INSERT INTO lab.loose VALUES (-1, -1, NULL)';
    -- Only ranges: a scalar column beside them would need btree_gist.
    EXECUTE 'CREATE TABLE lab.bookings (
      room int4range NOT NULL,
      during daterange NOT NULL,
      guest text,
      PRIMARY KEY (room, during WITHOUT OVERLAPS)
    )';
  END IF;
END
$$;
