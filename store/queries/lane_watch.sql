-- name: reported
-- Lanes with an unresolved report; read without locks, each is locked by itself before anything is written.
SELECT split_part(subject, ':', 3) AS name FROM incident
 WHERE subject LIKE 's:lane:%:unheld' AND state NOT IN ('resolved', 'closed')
