-- name: numbers
-- Of each service the number of the nearest area on the way up that has one.
SELECT DISTINCT ON (n.service) n.service, n.number, a.path::text AS area, a.name AS area_name
  FROM area AS a
 CROSS JOIN LATERAL (VALUES ('police', a.police), ('fire', a.fire), ('ambulance', a.ambulance)) AS n (service, number)
 WHERE a.path @> $1::text::ltree AND n.number IS NOT NULL AND n.number <> ''
 ORDER BY n.service, nlevel(a.path) DESC

-- name: nearest_home
-- Metres on a flat earth around the place: good enough to tell one county from the next.
SELECT p.area::text AS area
  FROM premises AS p
 WHERE p.area IS NOT NULL AND p.lat BETWEEN $1 - $3 / 111000.0 AND $1 + $3 / 111000.0
   AND p.lon BETWEEN $2 - $3 / (111000.0 * greatest(0.1, cosd($1))) AND $2 + $3 / (111000.0 * greatest(0.1, cosd($1)))
 ORDER BY power((p.lat - $1) * 111000.0, 2) + power((p.lon - $2) * 111000.0 * cosd($1), 2)
 LIMIT 1
