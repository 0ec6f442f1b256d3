-- name: active
SELECT version FROM policy WHERE state = 'active'

-- name: text_of
SELECT toml FROM policy WHERE version = $1
