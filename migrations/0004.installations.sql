-- A chat widget on a customer's site.
-- depends: 0002.users

CREATE TYPE installation_status AS ENUM ('ACTIVE', 'PAUSED', 'DISABLED');

COMMENT ON TYPE installation_status IS 'ACTIVE answers visitors, PAUSED was put to rest by its owner, DISABLED by us.';

CREATE TYPE widget_position AS ENUM ('BOTTOM_RIGHT', 'BOTTOM_LEFT', 'TOP_RIGHT', 'TOP_LEFT');

COMMENT ON TYPE widget_position IS 'The corner of the page that the widget opens in.';

CREATE TABLE installations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id text NOT NULL UNIQUE,
    name text NOT NULL,
    status installation_status NOT NULL DEFAULT 'ACTIVE',
    assistant_name text NOT NULL DEFAULT 'Amber AI',
    accent_color text NOT NULL DEFAULT '#22d3ee',
    avatar_url text,
    position widget_position NOT NULL DEFAULT 'BOTTOM_RIGHT',
    welcome_message text,
    allowed_origins text[] NOT NULL DEFAULT '{}',
    message_count bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT installations_client_id_check CHECK (char_length(client_id) BETWEEN 1 AND 255),
    CONSTRAINT installations_accent_color_check CHECK (accent_color ~ '^#[0-9A-Fa-f]{6}$'),
    CONSTRAINT installations_allowed_origins_check CHECK (array_position(allowed_origins, NULL) IS NULL),
    CONSTRAINT installations_message_count_check CHECK (message_count >= 0)
)
-- Room on the page for the next version of a row that each message counts up.
WITH (fillfactor = 80);

-- The id sorts by time: a user's installations in the order they were made, page by page.
CREATE INDEX installations_user_id_idx ON installations (user_id, id);

COMMENT ON TABLE installations IS E'A chat widget on a customer''s site, with its branding.\n@tenant user_id';
COMMENT ON COLUMN installations.client_id IS 'The public id that the page''s snippet carries; no secret.';
COMMENT ON COLUMN installations.name IS 'What the owner calls it; visitors never see it.';
COMMENT ON COLUMN installations.assistant_name IS 'The name that visitors chat with.';
COMMENT ON COLUMN installations.accent_color IS 'As #rrggbb.';
COMMENT ON COLUMN installations.welcome_message IS 'What the assistant opens a chat with, if anything.';
COMMENT ON COLUMN installations.allowed_origins IS 'Origins that may embed the widget, as https://example.com; empty allows any.';
COMMENT ON COLUMN installations.message_count IS 'Messages ever written here, those of sessions deleted since included.';
