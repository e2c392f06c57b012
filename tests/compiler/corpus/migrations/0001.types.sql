-- Schemas, enums, domains and composite types of the corpus: a shop, its ledger, its staff, and a drawer of odd types.

CREATE SCHEMA ledger;
CREATE SCHEMA hr;
CREATE SCHEMA lab;

CREATE TYPE customer_tier AS ENUM ('BASIC', 'SILVER', 'GOLD');
CREATE TYPE order_status AS ENUM ('OPEN', 'PAID', 'SHIPPED', 'CANCELLED');
CREATE TYPE hr.grade AS ENUM ('JUNIOR', 'SENIOR', 'LEAD');

CREATE TYPE address AS (street text, city text, zip varchar(10));
CREATE TYPE hr.contact AS (phone text, home address, languages text[]);

-- A NOT NULL domain does not keep NULL out of a table: an empty scalar subquery is not checked.
CREATE DOMAIN ledger.currency AS char(3) NOT NULL CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE DOMAIN ledger.amount AS numeric(14, 2) CHECK (VALUE > 0);
CREATE DOMAIN ledger.memo AS text CHECK (length(VALUE) <= 200);
CREATE DOMAIN lab.sure_text AS text CHECK (VALUE IS NOT NULL);
