#!/bin/sh
# The PostgreSQL image runs this once, in a new volume: the bot's role owns its database and is nothing more,
# and the superuser, who had the same password until now, comes in from inside the container only.
set -e
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE watchkeeper LOGIN PASSWORD :'password';
CREATE DATABASE watchkeeper OWNER watchkeeper ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE watchkeeper FROM PUBLIC;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
