#!/bin/sh
# Sets up a PostgreSQL 18 for the cases, in a new directory, and starts it:
#
#   postgres.sh BIN DIRECTORY PORT      (not as root; BIN holds initdb, pg_ctl and postgres)
#   TRUNKLINE_CASES_TARGET=127.0.0.1:PORT cargo test -p trunkline-server --test cases
#
# Ends with: BIN/pg_ctl -D DIRECTORY stop
set -eu
bin=$1 data=$2 port=$3
here=$(cd "$(dirname "$0")" && pwd)

"$bin/initdb" -D "$data" -U postgres -A trust --locale=C.UTF-8 -E UTF8
cp "$here/../wire/certificate.pem" "$data/server.crt"
cp "$here/../wire/key.pem" "$data/server.key"
chmod 600 "$data/server.key"

cat >> "$data/postgresql.conf" <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
ssl = on
authentication_timeout = 5s
max_connections = 200
fsync = off
CONF

# The same names as in Hba of target.rs.
cat > "$data/pg_hba.conf" <<HBA
host all reject_user 127.0.0.1/32 reject
host all scram_user,unknown_user,other_unknown 127.0.0.1/32 scram-sha-256
host all clear_user 127.0.0.1/32 password
host all md5_user,scram_by_md5 127.0.0.1/32 md5
host postgres,nosuchdb all 127.0.0.1/32 trust
HBA

# Before it listens, so that no client program is needed.
"$bin/postgres" --single -D "$data" postgres > /dev/null <<SQL
create role scram_user login password 'pencil'
create role scram_by_md5 login password 'pencil'
create role clear_user login password 'pencil'
create role nologin_user nologin
create role limit0_user login connection limit 0
set password_encryption = md5
create role md5_user login password 'pencil'
SQL
"$bin/pg_ctl" -D "$data" -l "$data/log" -w start
