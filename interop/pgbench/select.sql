\set aid random(1, :accounts)
select abalance from pgbench_accounts where aid = :aid;
