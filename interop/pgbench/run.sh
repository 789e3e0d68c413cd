#!/usr/bin/env bash
# pgbench: its own initialization, and TPC-B's transaction by several clients at once, in each of the three query modes and
# in a pipeline.
set -u
here=$(dirname "$0")
pgbench=/usr/lib/postgresql/15/bin/pgbench

sql() { psql -X -A -t -q -v ON_ERROR_STOP=1 "$@" 2>&1; }

equal() { if [ "$3" = "$2" ]; then echo "ok $1"; else echo "not ok $1: $3 instead of $2"; fi; }

# Rows by COPY, or made by the server.
case $INTEROP_LOGIN in
    tls) steps=dtgvp ;;
    *) steps=dtGvp ;;
esac
if output=$("$pgbench" -i -I $steps 2>&1); then
    echo "ok initialize with $steps"
else
    echo "not ok initialize with $steps: $output"
fi
equal "the rows are there" "1|10|100000|0" "$(sql -c "select (select count(*) from pgbench_branches), (select count(*) from pgbench_tellers),
    (select count(*) from pgbench_accounts), (select count(*) from pgbench_history)")"

# bench NAME TRANSACTIONS [pgbench's arguments...]: every transaction must succeed.
bench() {
    local name=$1 expected=$2 output
    shift 2
    if ! output=$("$pgbench" "$@" 2>&1); then
        echo "not ok $name: $output"
        return
    fi
    case $output in
        *"number of transactions actually processed: $expected/$expected"*"number of failed transactions: 0 "*) echo "ok $name" ;;
        *) echo "not ok $name: $output" ;;
    esac
}

# Each run begins with a vacuum and an empty history.
for mode in simple extended prepared; do
    bench "transactions, $mode" 200 -M $mode -c 4 -j 2 -t 50
    bench "selects, $mode" 2000 -M $mode -c 8 -j 2 -t 250 -n -b select-only
    equal "the books balance, $mode" "200|t" "$(sql -c "select count(*), (select sum(bbalance) from pgbench_branches) =
        (select sum(tbalance) from pgbench_tellers) and (select sum(bbalance) from pgbench_branches) =
        (select sum(abalance) from pgbench_accounts) from pgbench_history")"
done
for mode in extended prepared; do
    bench "a pipeline, $mode" 100 -M $mode -c 2 -t 50 -n -f "$here/pipeline.sql"
done
bench "a new connection for each transaction" 40 -M prepared -C -c 2 -t 20 -n -b select-only

for table in branches tellers accounts history; do
    sql -c "drop table pgbench_$table" || echo "not ok drop the tables: pgbench_$table is still there"
done
echo done
