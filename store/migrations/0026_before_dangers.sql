-- one by one
-- Who goes somewhere in which it begins to burn, or gas comes out, is told at once, and once of each danger.
ALTER TABLE assignment ADD COLUMN IF NOT EXISTS warned_of text[] NOT NULL DEFAULT '{}';
-- The same of those near by who were told to keep out of it.
ALTER TABLE field_chain ADD COLUMN IF NOT EXISTS warned_of text[] NOT NULL DEFAULT '{}';
ALTER TABLE outbox DROP CONSTRAINT IF EXISTS outbox_purpose_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_purpose_check CHECK (purpose IN (
    'escalation', 'offer', 'stand_down', 'information', 'warning', 'danger', 'check_back', 'call_services',
    'channel_test', 'summary', 'event')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_purpose_check;
CREATE INDEX CONCURRENTLY IF NOT EXISTS incident_link_other ON incident_link (other_id);

-- Fire and gas of a case, of what was taken into it, of its home ($2; null: people are sent elsewhere) and of what it
-- is linked to, as far as that is not over: classes, those joined later too. A press on test is none yet.
CREATE OR REPLACE FUNCTION dangers_of(bigint, bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
    WITH concerned AS (
        SELECT with_merged($1) AS id
         UNION SELECT i.id FROM incident AS i WHERE i.premises_id = $2 AND i.state NOT IN ('resolved', 'closed')
         UNION SELECT i.id FROM incident_link AS l JOIN incident AS i ON i.id = l.other_id
                WHERE l.incident_id = $1 AND i.state NOT IN ('resolved', 'closed')
         UNION SELECT i.id FROM incident_link AS l JOIN incident AS i ON i.id = l.incident_id
                WHERE l.other_id = $1 AND i.state NOT IN ('resolved', 'closed')
    )
    SELECT coalesce(array_agg(DISTINCT x.class), '{}')
      FROM concerned AS c JOIN incident AS i ON i.id = c.id
     CROSS JOIN LATERAL (SELECT i.class UNION SELECT s ->> 'class' FROM jsonb_array_elements(i.plan) AS s) AS x (class)
     WHERE x.class IN ('fire', 'smoke', 'heat', 'gas', 'carbon_monoxide') AND NOT 'test' = ANY (i.marks)
$$;
