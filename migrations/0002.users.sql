-- The people who sign in: one row for each Clerk user.
-- depends: 0001.uuidv7

CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    clerk_id text NOT NULL UNIQUE,
    email text NOT NULL,
    name text,
    avatar_url text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_clerk_id_check CHECK (char_length(clerk_id) BETWEEN 1 AND 255),
    CONSTRAINT users_email_check CHECK (email LIKE '_%@%_' AND char_length(email) <= 320)
);

-- lower() folds by the collation of its argument, and servers differ in theirs: under "C" it
-- folds A to Z and nothing else, on 15 to 18, with ICU or without.
CREATE UNIQUE INDEX users_email_key ON users (lower(email COLLATE "C"));

COMMENT ON TABLE users IS E'A person who signs in through Clerk and owns installations.\n@tenant id';
COMMENT ON COLUMN users.clerk_id IS 'Clerk''s id for this person, as in user_2abc.';
COMMENT ON COLUMN users.email IS
    'The address as the person wrote it; unique whatever the case of A to Z (other letters count as they are).';
COMMENT ON COLUMN users.name IS 'Display name; Clerk does not ask everybody for one.';
COMMENT ON INDEX users_email_key IS
    'Case-insensitive under the collation "C": only A to Z are folded, so it means the same on every server. Compare with lower(… COLLATE "C").';
