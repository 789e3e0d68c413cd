#!/usr/bin/env bash
# The fifteen lines of examples/hello.rs, on the port that they name: in a network of our own, where it is free.
set -u
if [ "${1:-}" != inside ]; then
    exec unshare --map-root-user --net bash "$0" inside
fi
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin
ip link set lo up

"$INTEROP_BINARIES/examples/hello" &
server=$!
trap 'kill $server' EXIT
export PGHOST=127.0.0.1 PGPORT=5432
for _ in $(seq 100); do
    (: </dev/tcp/$PGHOST/$PGPORT) 2>/dev/null && break
    sleep 0.05
done

equal() { if [ "$3" = "$2" ]; then echo "ok $1"; else echo "not ok $1: $3 instead of $2"; fi; }

equal "psql" "greeting"$'\n'"hello, world"$'\n'"(1 row)" "$(psql -X -A -c 'select anything' 2>&1)"
equal "psql, two statements" "hello, world"$'\n'"hello, world" "$(psql -X -A -t -c 'one; two' 2>&1)"
for binary in False True; do
    equal "psycopg, binary=$binary" "hello, world" "$("$INTEROP_PYTHON" -c "
import psycopg
with psycopg.connect() as conn:
    print(conn.execute('select anything', binary=$binary).fetchone()[0])" 2>&1)"
done
equal "pgjdbc" "hello, world"$'\n'"hello, world" "$(java -cp "$INTEROP_PGJDBC" ../java/Hello.java 2>&1)"
echo done
