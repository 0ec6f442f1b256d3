"""PostgreSQL: schema, migrations, every query, the change feed. The only place with SQL."""
