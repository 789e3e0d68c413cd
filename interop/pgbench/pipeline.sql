\set a random(1, 100000 * :scale)
\set b random(1, 100000 * :scale)
\startpipeline
select abalance from pgbench_accounts where aid = :a;
update pgbench_accounts set abalance = abalance + 1 where aid = :b;
select abalance from pgbench_accounts where aid = :b;
\endpipeline
