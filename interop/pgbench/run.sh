#!/usr/bin/env bash
# pgbench: TPC-B's transaction by several clients at once, in each of its three query modes, and in a pipeline.
set -u
here=$(dirname "$0")
pgbench=/usr/lib/postgresql/15/bin/pgbench
accounts=1000

sql() { psql -X -A -t -q -v ON_ERROR_STOP=1 "$@" 2>&1; }

equal() {
    if [ "$3" = "$2" ]; then
        echo "ok $1"
    else
        echo "not ok $1: $3 instead of $2"
    fi
}

# The tables of `pgbench -i`, with the primary keys in place from the start.
sql >&2 <<SQL || exit 1
set client_min_messages to warning;
drop table if exists pgbench_branches;
drop table if exists pgbench_tellers;
drop table if exists pgbench_accounts;
drop table if exists pgbench_history;
create table pgbench_branches (bid int not null primary key, bbalance int, filler char(88));
create table pgbench_tellers (tid int not null primary key, bid int, tbalance int, filler char(84));
create table pgbench_accounts (aid int not null primary key, bid int, abalance int, filler char(84));
create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
insert into pgbench_branches (bid, bbalance) values (1, 0);
insert into pgbench_tellers (tid, bid, tbalance) select g, 1, 0 from generate_series(1, 10) as t(g);
insert into pgbench_accounts (aid, bid, abalance, filler) select g, 1, 0, '' from generate_series(1, $accounts) as t(g);
SQL

# bench NAME TRANSACTIONS [pgbench's arguments...]: every transaction must succeed and leave the books in balance.
bench() {
    local name=$1 expected=$2 output
    shift 2
    sql -c "delete from pgbench_history" -c "update pgbench_branches set bbalance = 0" \
        -c "update pgbench_tellers set tbalance = 0" -c "update pgbench_accounts set abalance = 0" >&2
    if ! output=$("$pgbench" -n -D accounts=$accounts "$@" 2>&1); then
        echo "not ok $name: $output"
        return
    fi
    case $output in
        *"number of transactions actually processed: $expected/$expected"*"number of failed transactions: 0 "*) echo "ok $name" ;;
        *) echo "not ok $name: $output" ;;
    esac
    case $* in
        *tpcb*)
            equal "$name: the books balance" t "$(sql -c "select
                (select sum(delta) from pgbench_history) = (select sum(abalance) from pgbench_accounts)
                and (select sum(delta) from pgbench_history) = (select sum(tbalance) from pgbench_tellers)
                and (select sum(delta) from pgbench_history) = (select sum(bbalance) from pgbench_branches)
                and (select count(*) from pgbench_history) = $expected")"
            ;;
    esac
}

for mode in simple extended prepared; do
    bench "transactions, $mode" 200 -M $mode -c 4 -j 2 -t 50 -f "$here/tpcb.sql"
    bench "selects, $mode" 2000 -M $mode -c 8 -j 2 -t 250 -f "$here/select.sql"
done
for mode in extended prepared; do
    bench "a pipeline, $mode" 100 -M $mode -c 2 -t 50 -f "$here/pipeline.sql"
done
bench "a new connection for each transaction" 40 -M prepared -C -c 2 -t 20 -f "$here/select.sql"

sql -c "drop table pgbench_branches" -c "drop table pgbench_tellers" -c "drop table pgbench_accounts" -c "drop table pgbench_history" ||
    echo "not ok drop the tables: they are still there"
echo done
