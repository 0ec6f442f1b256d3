-- As before, but only a fire's own plan is read for what joined it: asked every second, and plans are long.
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
      FROM concerned AS c JOIN incident AS i ON i.id = c.id AND NOT 'test' = ANY (i.marks)
                         AND (i.family = 'fire_and_gas' OR i.class IN ('fire', 'smoke', 'heat', 'gas', 'carbon_monoxide'))
     CROSS JOIN LATERAL (
           SELECT i.class UNION SELECT jsonb_path_query(i.plan, '$[*].class') #>> '{}' WHERE i.family = 'fire_and_gas'
     ) AS x (class)
     WHERE x.class IN ('fire', 'smoke', 'heat', 'gas', 'carbon_monoxide')
$$;
