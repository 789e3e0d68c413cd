// node-postgres: text by default, binary on request, named statements, a cursor.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The packages are installed below target/, not beside this file.
const require = createRequire(`${process.env.INTEROP_NODE_MODULES}/`);
const pg = require('pg');
const Cursor = require('pg-cursor');

const { INTEROP_LOGIN: LOGIN, INTEROP_SERVER_PID: SERVER_PID, PGSSLROOTCERT } = process.env;
const TABLE = `node_${LOGIN}`;

// Host, port, user, password and database come from libpq's environment variables; the certificates do not.
function settings(more = {}) {
    const ssl = PGSSLROOTCERT ? { ca: readFileSync(PGSSLROOTCERT), rejectUnauthorized: true } : false;
    return { ssl, enableChannelBinding: Boolean(PGSSLROOTCERT), ...more };
}

async function connect(more) {
    const client = new pg.Client(settings(more));
    await client.connect();
    return client;
}

async function makeTable(client) {
    await client.query(`drop table if exists ${TABLE}`);
    await client.query(`create table ${TABLE} (
        id serial primary key,
        name text not null,
        age int4,
        boss int4,
        constraint ${TABLE}_name_key unique (name),
        constraint ${TABLE}_age_check check (age >= 0),
        constraint ${TABLE}_boss_fkey foreign key (boss) references ${TABLE} (id)
    )`);
    await client.query(`insert into ${TABLE} (name, age) values ('Ada', 36)`);
}

async function one(client, ...query) {
    const { rows } = await client.query(...query);
    return Object.values(rows[0])[0];
}

function memory(field) {
    const status = readFileSync(`/proc/${SERVER_PID}/status`, 'utf8');
    return Number(status.match(`${field}:\\s+(\\d+) kB`)[1]);
}

const cases = {
    async login(client) {
        assert.equal(await one(client, 'select current_user'), process.env.PGUSER);
        if (LOGIN === 'tls') assert.equal(client.connection.stream.encrypted, true);
        if (LOGIN === 'tls') assert.equal(client.saslSession, null);
    },

    async 'a certificate of another authority is refused'() {
        if (LOGIN !== 'tls') return false;
        await assert.rejects(connect({ ssl: { rejectUnauthorized: true } }), /certificate/);
    },

    async 'a wrong password is refused'() {
        if (!process.env.PGPASSWORD) return false;
        await assert.rejects(connect({ password: 'wrong' }), { code: '28P01', severity: 'FATAL' });
    },

    async 'types as text'(client) {
        const { rows, fields } = await client.query(
            `select true as b, (-2)::int2 as i2, 44::int4 as i4, '9223372036854775807'::int8 as i8, 1.5::float4 as f4,
                    0.1::float8 as f8, '12345.6700'::numeric as n, 'Grüße ☃ 🦀'::text as t, 'x'::varchar as v, '\\x00ff'::bytea as by,
                    '2026-02-28'::date as d, '01:02:03.000004'::time as tm, '2026-02-28 01:02:03.004'::timestamp as ts,
                    '2026-02-28 01:02:03.004+00'::timestamptz as tz, '1 day 02:00:00'::interval as iv,
                    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as u, '{"a":[1,null]}'::json as j, '{"a":[1,null]}'::jsonb as jb,
                    4294967295::oid as o, '{1,NULL,3}'::int4[] as a, '{"a b",NULL}'::text[] as ta, null::text as nothing`,
        );
        const [row] = rows;
        assert.deepEqual(
            { ...row, by: row.by.toString('hex'), iv: row.iv.toPostgres() },
            {
                b: true, i2: -2, i4: 44, i8: '9223372036854775807', f4: 1.5, f8: 0.1, n: '12345.6700', t: 'Grüße ☃ 🦀', v: 'x', by: '00ff',
                d: new Date(2026, 1, 28), tm: '01:02:03.000004', ts: new Date(2026, 1, 28, 1, 2, 3, 4),
                tz: new Date(Date.UTC(2026, 1, 28, 1, 2, 3, 4)), iv: '2 hours 1 days', u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
                j: { a: [1, null] }, jb: { a: [1, null] }, o: 4294967295, a: [1, null, 3], ta: ['a b', null], nothing: null,
            },
        );
        assert.deepEqual(
            fields.map((field) => field.dataTypeID),
            [16, 21, 23, 20, 700, 701, 1700, 25, 1043, 17, 1082, 1083, 1114, 1184, 1186, 2950, 114, 3802, 26, 1007, 1009, 25],
        );
    },

    async 'types as binary'(client) {
        const { rows } = await client.query({
            text: `select true as b, (-2)::int2 as i2, 44::int4 as i4, 1.5::float4 as f4, 0.1::float8 as f8, '12345.67'::numeric as n,
                          'Grüße'::text as t, '2026-02-28 01:02:03.004+00'::timestamptz as tz, '{1,3}'::int4[] as a`,
            binary: true,
        });
        assert.deepEqual(rows, [{
            b: true, i2: -2, i4: 44, f4: 1.5, f8: 0.1, n: '12345.67', t: 'Grüße', tz: new Date(Date.UTC(2026, 1, 28, 1, 2, 3, 4)), a: [1, 3],
        }]);
    },

    async 'parameters there and back'(client) {
        for (const [type, value] of [
            ['bool', false], ['int4', -7], ['int8', '-9223372036854775808'], ['float8', 1e-7], ['numeric', '0.00010'], ['text', 'it\'s "☃" \\'],
            ['uuid', '00000000-0000-0000-0000-000000000001'], ['timestamptz', new Date(86_400_000)], ['jsonb', { a: ['ü'] }],
            ['int4[]', [1, null]], ['text[]', ['a,b', '', null]], ['text', null],
        ]) {
            assert.deepEqual(await one(client, `select $1::${type}`, [value]), value);
        }
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        assert.deepEqual(await one(client, 'select $1::bytea', [bytes]), bytes);
    },

    async 'an empty query'(client) {
        const { rows, command } = await client.query('');
        assert.deepEqual([rows, command], [[], null]);
    },

    async 'several statements in one query'(client) {
        const results = await client.query("select 1 as a; select 'two' as b");
        assert.deepEqual(results.map((result) => result.rows), [[{ a: 1 }], [{ b: 'two' }]]);
    },

    async 'a named statement is used again'(client) {
        for (let number = 0; number < 50; number++) {
            const query = { name: 'plus one', text: 'select $1::int4 + 1 as sum', values: [number] };
            assert.equal(await one(client, query), number + 1);
        }
        assert.deepEqual(Object.keys(client.connection.parsedStatements), ['plus one']);
    },

    async 'commit and rollback'(client) {
        await makeTable(client);
        const insert = `insert into ${TABLE} (name) values ($1)`;
        await client.query('begin');
        await client.query(insert, ['kept']);
        assert.equal((await client.query('commit')).command, 'COMMIT');
        await client.query('begin');
        await client.query(insert, ['lost']);
        await client.query('rollback');
        const { rows } = await client.query(`select name from ${TABLE} order by id`);
        assert.deepEqual(rows.map((row) => row.name), ['Ada', 'kept']);
    },

    async 'a failed transaction'(client) {
        await client.query('begin');
        await assert.rejects(client.query('select * from nowhere'), { code: '42P01' });
        await assert.rejects(client.query('select 1'), { code: '25P02' });
        await assert.rejects(client.query('select $1::int4', [1]), { code: '25P02' });
        assert.equal((await client.query('commit')).command, 'ROLLBACK');
        assert.equal(await one(client, 'select 1'), 1);
    },

    async 'errors and their fields'(client) {
        await makeTable(client);
        for (const [text, expected] of [
            [`insert into ${TABLE} (name) values ('Ada')`, { code: '23505', table: TABLE, constraint: `${TABLE}_name_key` }],
            [`insert into ${TABLE} (name) values (null)`, { code: '23502', table: TABLE, column: 'name' }],
            [`insert into ${TABLE} (name, boss) values ('Ghost', 999)`, { code: '23503', table: TABLE, constraint: `${TABLE}_boss_fkey` }],
            [`insert into ${TABLE} (name, age) values ('Young', -1)`, { code: '23514', table: TABLE, constraint: `${TABLE}_age_check` }],
            ['select * from nowhere', { code: '42P01', position: '15' }],
            [`select nothing from ${TABLE}`, { code: '42703', position: '8' }],
            ['selec 1', { code: '42601', position: '1' }],
        ]) {
            // As a simple query, and (because of the row mode) as an extended one.
            await assert.rejects(client.query(text), expected);
            await assert.rejects(client.query({ text, values: [], queryMode: 'extended' }), expected);
        }
        assert.equal(await one(client, 'select 1'), 1);
    },

    async 'returning and on conflict'(client) {
        await makeTable(client);
        const text = `insert into ${TABLE} (name, age) values ($1, $2) on conflict (name) do update set age = excluded.age returning name, age`;
        assert.deepEqual((await client.query(text, ['Alan', 41])).rows, [{ name: 'Alan', age: 41 }]);
        const again = await client.query(text, ['Alan', 42]);
        assert.deepEqual([again.rows, again.command, again.rowCount], [[{ name: 'Alan', age: 42 }], 'INSERT', 1]);
    },

    async 'queued queries, one of them wrong'(client) {
        await makeTable(client);
        const insert = `insert into ${TABLE} (name) values ($1)`;
        const results = await Promise.allSettled(['one', 'Ada', 'two'].map((name) => client.query(insert, [name])));
        assert.deepEqual(results.map((result) => result.reason?.code ?? result.value.rowCount), [1, '23505', 1]);
    },

    async 'a cursor fetches less than there is'(client) {
        const cursor = client.query(new Cursor('select g from generate_series(1, $1::int4) as t(g)', [25]));
        const sizes = [];
        for (let rows = await cursor.read(10); rows.length > 0; rows = await cursor.read(10)) sizes.push(rows.length);
        assert.deepEqual(sizes, [10, 10, 5]);
        await cursor.close();
        const early = client.query(new Cursor('select g from generate_series(1, 1000) as t(g)'));
        assert.deepEqual(await early.read(2), [{ g: 1 }, { g: 2 }]);
        await early.close();
        assert.equal(await one(client, 'select 1'), 1);
    },

    async cancel(client) {
        const began = Date.now();
        const sleeping = client.query('select pg_sleep(20)');
        setTimeout(() => cancel(client), 500);
        await assert.rejects(sleeping, { code: '57014' });
        assert.ok(Date.now() - began < 5000);
        assert.equal(await one(client, 'select 1'), 1);
    },

    async 'statement_timeout as a startup parameter'() {
        const client = await connect({ statement_timeout: 200 });
        await assert.rejects(client.query('select pg_sleep(20)'), { code: '57014', message: /statement timeout/ });
        assert.equal(await one(client, 'select 1'), 1);
        await client.end();
    },

    async 'a million rows'(client) {
        if (SERVER_PID) writeFileSync(`/proc/${SERVER_PID}/clear_refs`, '5');
        const before = SERVER_PID && memory('VmRSS');
        const cursor = client.query(new Cursor("select g, 'row ' || g as t from generate_series(1, 1000000) as s(g)"));
        let [count, total] = [0, 0];
        for (let rows = await cursor.read(10_000); rows.length > 0; rows = await cursor.read(10_000)) {
            count += rows.length;
            for (const { g } of rows) total += g;
        }
        assert.deepEqual([count, total], [1_000_000, 500_000_500_000]);
        const grown = SERVER_PID ? memory('VmHWM') - before : 0;
        assert.ok(grown <= 8192, `the server grew by ${grown} kB`);
    },

    async 'a pool'() {
        const pool = new pg.Pool(settings({ max: 3 }));
        const sums = await Promise.all(Array.from({ length: 30 }, (_, index) => pool.query('select $1::int4 + 1 as sum', [index])));
        assert.deepEqual(sums.map(({ rows }) => rows[0].sum), Array.from({ length: 30 }, (_, index) => index + 1));
        await pool.end();
    },

    async 'the table is dropped'(client) {
        assert.equal((await client.query(`drop table ${TABLE}`)).command, 'DROP');
    },
};

// node-postgres has no public call for this: a second connection that sends the cancel request.
function cancel(client) {
    const other = new pg.Client(settings());
    other.cancel(client, client.activeQuery ?? client._activeQuery);
}

for (const [name, run] of Object.entries(cases)) {
    let client;
    try {
        client = await connect();
        if ((await run(client)) !== false) console.log(`ok ${name}`);
    } catch (error) {
        const line = error.stack?.match(/main\.mjs:(\d+)/)?.[1];
        console.log(`not ok ${name}: line ${line}: ${String(error.message ?? error).replaceAll('\n', ' ').slice(0, 400)}`);
    } finally {
        await client?.end().catch(() => {});
    }
}
console.log('done');
