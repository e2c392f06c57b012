-- The staff: a cycle of foreign keys, inheritance, partial and expression keys.

CREATE TABLE hr.departments (
  id int PRIMARY KEY,
  name text NOT NULL,
  head_id int,
  budget numeric(14, 2),
  UNIQUE (name)
);

CREATE TABLE hr.employees (
  id int PRIMARY KEY,
  name text NOT NULL,
  department_id int REFERENCES hr.departments ON DELETE SET NULL,
  manager_id int REFERENCES hr.employees ON DELETE SET NULL,
  salary numeric(12, 2),
  hired_on date NOT NULL,
  left_on date,
  level hr.grade,
  skills text[],
  contact hr.contact,
  vacation interval,
  active boolean
);
ALTER TABLE hr.departments ADD FOREIGN KEY (head_id) REFERENCES hr.employees DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE hr.badges (
  employee_id int NOT NULL UNIQUE REFERENCES hr.employees ON DELETE CASCADE,
  serial text NOT NULL,
  mac macaddr,
  valid daterange NOT NULL DEFAULT '(,)',
  revoked_at timestamptz
);
CREATE UNIQUE INDEX badges_serial_key ON hr.badges (serial) WHERE revoked_at IS NULL;

CREATE TABLE hr.shifts (
  employee_id int NOT NULL REFERENCES hr.employees ON DELETE CASCADE,
  day date NOT NULL,
  starts time NOT NULL,
  ends time,
  breaks interval[],
  PRIMARY KEY (employee_id, day)
);

-- Unique and NOT NULL only in the parent: its children may break both.
CREATE TABLE hr.persons (
  id int PRIMARY KEY,
  name text NOT NULL,
  phone text,
  email text
);
CREATE TABLE hr.contractors (
  rate numeric NOT NULL,
  agency text
) INHERITS (hr.persons);
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 180000 THEN
    EXECUTE 'ALTER TABLE hr.persons ADD CONSTRAINT persons_phone NOT NULL phone NO INHERIT';
    -- 18 gives children the NOT NULL of a primary key; 16 and 17 do not take it away either.
  ELSE
    EXECUTE 'ALTER TABLE ONLY hr.persons ALTER COLUMN phone SET NOT NULL';
  END IF;
END
$$;
