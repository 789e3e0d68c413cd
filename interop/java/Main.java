import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** pgjdbc, once with text values and unnamed statements, once with binary values and named statements. */
final class Main {
    private static final String LOGIN = System.getenv("INTEROP_LOGIN");
    private static final String SERVER_PID = System.getenv("INTEROP_SERVER_PID");
    private static final String TABLE = "pgjdbc_" + LOGIN;

    /** A case: a connection of its own, and it throws what is wrong. */
    private interface Case {
        void run(Connection connection) throws Exception;
    }

    private Main() {}

    public static void main(String[] args) {
        // In each mode the cases follow each other on one connection, as in a program.
        for (String mode : List.of("text", "binary")) {
            try (Runner run = new Runner(mode)) {
                run.accept("login", Main::login);
                run.accept("types", Main::types);
                run.accept("parameters there and back", Main::parameters);
                run.accept("a table of every type", Main::table);
                run.accept("a prepared statement is used again", Main::prepared);
                run.accept("an empty query", Main::empty);
                run.accept("commit and rollback", Main::commitAndRollback);
                run.accept("savepoints", Main::savepoints);
                run.accept("isolation levels and read only", Main::isolation);
                run.accept("a failed transaction", Main::failedTransaction);
                run.accept("errors and their fields", Main::errors);
                run.accept("generated keys and on conflict", Main::generatedKeys);
                run.accept("fetch size smaller than the result", Main::fetchSize);
                run.accept("two results take turns", Main::interleaved);
                run.accept("a batch", Main::batch);
                run.accept("a batch with an error in the middle", Main::batchError);
                run.accept("copy in and out", Main::copy);
                run.accept("cancel", Main::cancel);
                run.accept("a million rows", Main::millionRows);
            }
        }
        try (Runner run = new Runner("simple")) {
            run.accept("types", Main::types);
            run.accept("an empty query", Main::empty);
            run.accept("several statements in one query", Main::several);
            run.accept("commit and rollback", Main::commitAndRollback);
            run.accept("a failed transaction", Main::failedTransaction);
            run.accept("errors and their fields", Main::errors);
            run.accept("a batch", Main::batch);
            run.accept("query timeout", Main::queryTimeout);
            if (System.getenv("PGPASSWORD") != null) {
                run.accept("a wrong password is refused", Main::wrongPassword);
            }
            if (LOGIN.equals("tls")) {
                run.accept("a certificate of another authority is refused", Main::wrongAuthority);
            }
            run.accept("the table is dropped", connection -> execute(connection, "drop table " + TABLE));
        }
        System.out.println("done");
    }

    /** Runs cases on one connection, and a new one after a case that broke it. */
    private static final class Runner implements AutoCloseable {
        private final String mode;
        private Connection connection;

        Runner(String mode) {
            this.mode = mode;
        }

        void accept(String name, Case body) {
            try {
                if (connection == null || connection.isClosed()) {
                    connection = connect(mode);
                }
                body.run(connection);
                if (!connection.getAutoCommit()) {
                    connection.rollback();
                    connection.setAutoCommit(true);
                }
                System.out.println("ok " + name + ", " + mode);
            } catch (Exception | AssertionError error) {
                System.out.println("not ok " + name + ", " + mode + ": " + describe(error));
                close();
            }
        }

        @Override
        public void close() {
            try {
                if (connection != null) {
                    connection.close();
                    connection = null;
                }
            } catch (SQLException error) {
                System.out.println("not ok close, " + mode + ": " + describe(error));
            }
        }
    }

    /** The line of this file and what went wrong. */
    private static String describe(Throwable error) {
        String where = Arrays.stream(error.getStackTrace())
                .filter(frame -> frame.getClassName().equals("Main") && !List.of("same", "check", "fails").contains(frame.getMethodName()))
                .findFirst()
                .map(frame -> "line " + frame.getLineNumber())
                .orElse("?");
        return where + ": " + String.valueOf(error).replace('\n', ' ');
    }

    // --- connecting -------------------------------------------------------------------------------------------------

    private static Properties settings(String mode) {
        Properties settings = new Properties();
        settings.setProperty("user", System.getenv("PGUSER"));
        if (System.getenv("PGPASSWORD") != null) {
            settings.setProperty("password", System.getenv("PGPASSWORD"));
        }
        settings.setProperty("sslmode", System.getenv("PGSSLMODE"));
        if (System.getenv("PGSSLROOTCERT") != null) {
            settings.setProperty("sslrootcert", System.getenv("PGSSLROOTCERT"));
        }
        switch (mode) {
            case "text" -> {
                settings.setProperty("binaryTransfer", "false");
                settings.setProperty("prepareThreshold", "0");
            }
            case "binary" -> {
                // Named statements and binary values from the first execution on.
                settings.setProperty("binaryTransfer", "true");
                settings.setProperty("prepareThreshold", "-1");
                settings.setProperty("reWriteBatchedInserts", "true");
            }
            default -> settings.setProperty("preferQueryMode", "simple");
        }
        settings.setProperty("connectTimeout", "10");
        return settings;
    }

    private static Connection connect(Properties settings) throws SQLException {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        return DriverManager.getConnection(url, settings);
    }

    private static Connection connect(String mode) throws SQLException {
        return connect(settings(mode));
    }

    private static void login(Connection connection) throws SQLException {
        same(one(connection, "select current_user"), System.getenv("PGUSER"));
        same(connection.getMetaData().getDatabaseProductName(), "PostgreSQL");
        check(connection.getMetaData().getDatabaseMajorVersion() >= 14, "server_version is older than 14");
        check(connection.isValid(5), "isValid says no");
        same(connection.unwrap(PGConnection.class).getParameterStatus("standard_conforming_strings"), "on");
    }

    private static void wrongPassword(Connection ignored) throws SQLException {
        Properties settings = settings("text");
        settings.setProperty("password", "wrong");
        fails("28P01", () -> connect(settings).close());
    }

    private static void wrongAuthority(Connection ignored) throws SQLException {
        Properties settings = settings("text");
        settings.setProperty("sslrootcert", "/etc/ssl/certs/ca-certificates.crt");
        fails("08006", () -> connect(settings).close());
    }

    // --- values -----------------------------------------------------------------------------------------------------

    private static void types(Connection connection) throws SQLException {
        String sql = "select true, (-2)::int2, 44::int4, '-9223372036854775808'::int8, 1.5::float4, 0.1::float8, '12345.6700'::numeric,"
                + " 'Grüße ☃ 🦀'::text, 'x'::varchar, '\\x00ff'::bytea, '2026-02-28'::date, '01:02:03.000004'::time,"
                + " '2026-02-28 01:02:03.000004'::timestamp, '2026-02-28 01:02:03.000004+00'::timestamptz, '1 day 02:00:00'::interval,"
                + " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '{\"a\": 1}'::jsonb, 4294967295::oid, '{1,NULL,3}'::int4[],"
                + " '{\"a b\",NULL}'::text[], null::text";
        try (PreparedStatement statement = connection.prepareStatement(sql); ResultSet row = statement.executeQuery()) {
            check(row.next(), "no row");
            same(row.getObject(1), true);
            same(row.getShort(2), (short) -2);
            same(row.getObject(3), 44);
            same(row.getObject(4), Long.MIN_VALUE);
            same(row.getObject(5), 1.5f);
            same(row.getObject(6), 0.1);
            same(row.getObject(7), new BigDecimal("12345.6700"));
            same(row.getObject(8), "Grüße ☃ 🦀");
            same(row.getObject(9), "x");
            check(Arrays.equals(row.getBytes(10), new byte[] {0, (byte) 0xff}), "bytea");
            same(row.getObject(11, LocalDate.class), LocalDate.of(2026, 2, 28));
            same(row.getObject(12, LocalTime.class), LocalTime.of(1, 2, 3, 4000));
            same(row.getObject(13, LocalDateTime.class), LocalDateTime.of(2026, 2, 28, 1, 2, 3, 4000));
            same(row.getObject(14, OffsetDateTime.class).toInstant(), LocalDateTime.of(2026, 2, 28, 1, 2, 3, 4000).toInstant(ZoneOffset.UTC));
            same(row.getObject(15), new PGInterval(0, 0, 1, 2, 0, 0));
            same(row.getObject(16), UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
            same(row.getString(17), "{\"a\": 1}");
            same(row.getLong(18), 4294967295L);
            same(Arrays.asList((Integer[]) row.getArray(19).getArray()), Arrays.asList(1, null, 3));
            same(Arrays.asList((String[]) row.getArray(20).getArray()), Arrays.asList("a b", null));
            same(row.getObject(21), null);
            check(row.wasNull(), "wasNull says no");
            same(row.getMetaData().getColumnTypeName(7), "numeric");
            same(row.getMetaData().getColumnType(14), Types.TIMESTAMP);
            check(!row.next(), "a second row");
        }
    }

    private static void parameters(Connection connection) throws SQLException {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("bool", false);
        values.put("int4", -7);
        values.put("int8", Long.MAX_VALUE);
        values.put("float4", 0.25f);
        values.put("float8", 1e-7);
        values.put("numeric", new BigDecimal("0.00010"));
        values.put("text", "it's \"☃\" \\ ?");
        values.put("uuid", UUID.fromString("00000000-0000-0000-0000-000000000001"));
        values.put("date", LocalDate.of(1, 1, 1));
        values.put("time", LocalTime.of(23, 59, 59, 999_999_000));
        values.put("timestamp", LocalDateTime.of(9999, 12, 31, 23, 59, 59, 999_999_000));
        values.put("timestamptz", OffsetDateTime.of(2026, 2, 28, 1, 2, 3, 0, ZoneOffset.UTC));
        for (Map.Entry<String, Object> entry : values.entrySet()) {
            Object value = entry.getValue();
            // Several times, so that the driver goes over to binary where it may.
            try (PreparedStatement statement = connection.prepareStatement("select ?::" + entry.getKey())) {
                for (int round = 0; round < 3; round++) {
                    statement.setObject(1, value);
                    try (ResultSet row = statement.executeQuery()) {
                        check(row.next(), "no row");
                        same(row.getObject(1, value.getClass()), value);
                    }
                }
            }
        }
        byte[] bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        try (PreparedStatement statement = connection.prepareStatement("select ?::bytea, ?::int4[], ?::text")) {
            statement.setBytes(1, bytes);
            Array array = connection.createArrayOf("int4", new Integer[] {1, null, 3});
            statement.setArray(2, array);
            statement.setNull(3, Types.VARCHAR);
            try (ResultSet row = statement.executeQuery()) {
                check(row.next(), "no row");
                check(Arrays.equals(row.getBytes(1), bytes), "bytea");
                same(Arrays.asList((Integer[]) row.getArray(2).getArray()), Arrays.asList(1, null, 3));
                same(row.getString(3), null);
            }
        }
    }

    private static void table(Connection connection) throws SQLException {
        String table = TABLE + "_kinds";
        execute(connection, "drop table if exists " + table);
        execute(connection, "create table " + table + " (b bool, i int4, n numeric(20, 4), t text, by bytea, d date, tz timestamptz, u uuid, j jsonb)");
        UUID uuid = UUID.randomUUID();
        OffsetDateTime instant = OffsetDateTime.of(2026, 2, 28, 1, 2, 3, 4000, ZoneOffset.UTC);
        try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " values (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            PGobject json = new PGobject();
            json.setType("jsonb");
            json.setValue("{\"ü\": [1, 2]}");
            Object[] values = {true, 44, new BigDecimal("12345.6700"), "Grüße", new byte[] {1, 0}, LocalDate.of(2026, 2, 28), instant, uuid, json};
            for (int i = 0; i < values.length; i++) {
                insert.setObject(i + 1, values[i]);
            }
            same(insert.executeUpdate(), 1);
        }
        try (PreparedStatement select = connection.prepareStatement("select * from " + table + " where i = ? and t = ? and b")) {
            select.setInt(1, 44);
            select.setString(2, "Grüße");
            try (ResultSet row = select.executeQuery()) {
                check(row.next(), "no row");
                same(row.getBoolean("b"), true);
                same(row.getInt("i"), 44);
                same(row.getBigDecimal("n"), new BigDecimal("12345.6700"));
                same(row.getString("t"), "Grüße");
                check(Arrays.equals(row.getBytes("by"), new byte[] {1, 0}), "bytea");
                same(row.getObject("d", LocalDate.class), LocalDate.of(2026, 2, 28));
                same(row.getObject("tz", OffsetDateTime.class).toInstant(), instant.toInstant());
                same(row.getObject("u"), uuid);
                same(row.getString("j"), "{\"ü\": [1, 2]}");
            }
        }
        execute(connection, "drop table " + table);
    }

    // --- statements -------------------------------------------------------------------------------------------------

    private static void prepared(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select ?::int4 + 1 as sum")) {
            for (int number = 0; number < 50; number++) {
                statement.setInt(1, number);
                try (ResultSet row = statement.executeQuery()) {
                    check(row.next(), "no row");
                    same(row.getInt("sum"), number + 1);
                }
            }
            if (connection.unwrap(PGConnection.class).getPrepareThreshold() == -1) {
                check(statement.unwrap(PGStatement.class).isUseServerPrepare(), "the statement has no name");
            }
        }
    }

    private static void empty(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            check(!statement.execute(""), "a result");
            check(!statement.execute("-- nothing"), "a result");
        }
        same(one(connection, "select 1"), 1);
    }

    private static void several(Connection connection) throws SQLException {
        makeTable(connection);
        try (Statement statement = connection.createStatement()) {
            check(statement.execute("select 1; update " + TABLE + " set age = 37; select 'three'"), "no result");
            try (ResultSet first = statement.getResultSet()) {
                check(first.next() && first.getInt(1) == 1, "the first result");
            }
            check(!statement.getMoreResults(), "the second result has rows");
            same(statement.getUpdateCount(), 1);
            check(statement.getMoreResults(), "no third result");
            try (ResultSet third = statement.getResultSet()) {
                check(third.next(), "no row");
                same(third.getString(1), "three");
            }
        }
    }

    // --- transactions -----------------------------------------------------------------------------------------------

    private static void commitAndRollback(Connection connection) throws SQLException {
        makeTable(connection);
        connection.setAutoCommit(false);
        execute(connection, "insert into " + TABLE + " (name) values ('kept')");
        connection.commit();
        execute(connection, "insert into " + TABLE + " (name) values ('lost')");
        connection.rollback();
        connection.setAutoCommit(true);
        same(count(connection), 2L);
    }

    private static void savepoints(Connection connection) throws SQLException {
        makeTable(connection);
        connection.setAutoCommit(false);
        execute(connection, "insert into " + TABLE + " (name) values ('kept')");
        Savepoint savepoint = connection.setSavepoint("a savepoint");
        fails("23505", () -> execute(connection, "insert into " + TABLE + " (name) values ('kept')"));
        connection.rollback(savepoint);
        execute(connection, "insert into " + TABLE + " (name) values ('kept too')");
        connection.releaseSavepoint(savepoint);
        connection.commit();
        same(count(connection), 3L);
    }

    private static void isolation(Connection connection) throws SQLException {
        makeTable(connection);
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        same(connection.getTransactionIsolation(), Connection.TRANSACTION_SERIALIZABLE);
        connection.setAutoCommit(false);
        connection.setReadOnly(true);
        fails("25006", () -> execute(connection, "insert into " + TABLE + " (name) values ('lost')"));
        connection.rollback();
        connection.setReadOnly(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    }

    private static void failedTransaction(Connection connection) throws SQLException {
        makeTable(connection);
        connection.setAutoCommit(false);
        fails("42P01", () -> one(connection, "select * from nowhere"));
        fails("25P02", () -> one(connection, "select 1"));
        connection.rollback();
        same(one(connection, "select 1"), 1);
    }

    // --- errors -----------------------------------------------------------------------------------------------------

    private static void errors(Connection connection) throws SQLException {
        makeTable(connection);
        String insert = "insert into " + TABLE;
        ServerErrorMessage unique = fails("23505", () -> execute(connection, insert + " (name) values ('Ada')"));
        same(unique.getTable(), TABLE);
        same(unique.getConstraint(), TABLE + "_name_key");
        ServerErrorMessage missing = fails("23502", () -> execute(connection, insert + " (name) values (null)"));
        same(missing.getTable(), TABLE);
        same(missing.getColumn(), "name");
        ServerErrorMessage foreign = fails("23503", () -> execute(connection, insert + " (name, boss) values ('Ghost', 999)"));
        same(foreign.getConstraint(), TABLE + "_boss_fkey");
        ServerErrorMessage check = fails("23514", () -> execute(connection, insert + " (name, age) values ('Young', -1)"));
        same(check.getConstraint(), TABLE + "_age_check");
        same(fails("42P01", () -> one(connection, "select * from nowhere")).getPosition(), 15);
        same(fails("42703", () -> one(connection, "select nothing from " + TABLE)).getPosition(), 8);
        same(fails("42601", () -> one(connection, "selec 1")).getPosition(), 1);
        same(one(connection, "select 1"), 1);
    }

    private static void generatedKeys(Connection connection) throws SQLException {
        makeTable(connection);
        String sql = "insert into " + TABLE + " (name, age) values (?, ?) on conflict (name) do update set age = excluded.age";
        int first = 0;
        for (int age : new int[] {41, 42}) {
            try (PreparedStatement statement = connection.prepareStatement(sql, new String[] {"id", "age"})) {
                statement.setString(1, "Alan");
                statement.setInt(2, age);
                same(statement.executeUpdate(), 1);
                try (ResultSet keys = statement.getGeneratedKeys()) {
                    check(keys.next(), "no keys");
                    same(keys.getInt("age"), age);
                    check(first == 0 || first == keys.getInt("id"), "another id");
                    first = keys.getInt("id");
                }
            }
        }
    }

    // --- portals and batches ----------------------------------------------------------------------------------------

    private static void fetchSize(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10);
            try (ResultSet rows = statement.executeQuery("select g from generate_series(1, 95) as t(g)")) {
                int expected = 0;
                while (rows.next()) {
                    same(rows.getInt(1), ++expected);
                    if (expected == 15) {
                        same(one(connection, "select 'between'"), "between");
                    }
                }
                same(expected, 95);
            }
        }
        connection.commit();
    }

    private static void interleaved(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement first = connection.createStatement(); Statement second = connection.createStatement()) {
            first.setFetchSize(2);
            second.setFetchSize(3);
            try (ResultSet ones = first.executeQuery("select g from generate_series(1, 20) as t(g)");
                    ResultSet hundreds = second.executeQuery("select g * 100 from generate_series(1, 20) as t(g)")) {
                for (int i = 1; i <= 20; i++) {
                    check(ones.next() && hundreds.next(), "too few rows");
                    same(ones.getInt(1), i);
                    same(hundreds.getInt(1), i * 100);
                }
            }
        }
        connection.rollback();
    }

    private static void batch(Connection connection) throws SQLException {
        makeTable(connection);
        try (PreparedStatement insert = connection.prepareStatement("insert into " + TABLE + " (name, age) values (?, ?)")) {
            for (int i = 0; i < 1000; i++) {
                insert.setString(1, "n" + i);
                insert.setInt(2, i);
                insert.addBatch();
            }
            same(insert.executeBatch().length, 1000);
        }
        same(count(connection), 1001L);
    }

    private static void batchError(Connection connection) throws SQLException {
        makeTable(connection);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.addBatch("insert into " + TABLE + " (name) values ('one')");
            statement.addBatch("insert into " + TABLE + " (name) values ('Ada')");
            statement.addBatch("insert into " + TABLE + " (name) values ('two')");
            try {
                statement.executeBatch();
                throw new AssertionError("no error");
            } catch (BatchUpdateException error) {
                same(error.getSQLState(), "23505");
                // pgjdbc counts a batch that is one transaction as failed from its first statement to its last.
                check(Arrays.stream(error.getUpdateCounts()).anyMatch(count -> count == Statement.EXECUTE_FAILED), "nothing failed");
            }
        }
        fails("25P02", () -> one(connection, "select 1"));
        connection.rollback();
        same(count(connection), 1L);
    }

    private static void copy(Connection connection) throws Exception {
        makeTable(connection);
        CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
        same(copy.copyIn("copy " + TABLE + " (name, age) from stdin", new StringReader("one\t1\ntwo\t\\N\n")), 2L);
        StringWriter out = new StringWriter();
        same(copy.copyOut("copy (select name, age from " + TABLE + " order by id) to stdout", out), 3L);
        same(out.toString(), "Ada\t36\none\t1\ntwo\t\\N\n");
        fails("23505", () -> {
            try {
                copy.copyIn("copy " + TABLE + " (name) from stdin", new StringReader("three\nAda\n"));
            } catch (IOException error) {
                throw new AssertionError(error);
            }
        });
        same(count(connection), 3L);
    }

    // --- cancel and large results -----------------------------------------------------------------------------------

    private static void cancel(Connection connection) throws Exception {
        long began = System.nanoTime();
        try (Statement statement = connection.createStatement()) {
            Thread canceller = new Thread(() -> {
                try {
                    Thread.sleep(500);
                    statement.cancel();
                } catch (InterruptedException | SQLException error) {
                    System.err.println(error);
                }
            });
            canceller.start();
            fails("57014", () -> statement.execute("select pg_sleep(20)"));
            canceller.join();
        }
        check(System.nanoTime() - began < 5_000_000_000L, "too late");
        same(one(connection, "select 1"), 1);
    }

    private static void queryTimeout(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            fails("57014", () -> statement.execute("select pg_sleep(20)"));
        }
        same(one(connection, "select 1"), 1);
    }

    private static void millionRows(Connection connection) throws Exception {
        connection.setAutoCommit(false);
        if (SERVER_PID != null) {
            Files.writeString(Path.of("/proc", SERVER_PID, "clear_refs"), "5");
        }
        long before = memory("VmRSS");
        long count = 0;
        long total = 0;
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10_000);
            try (ResultSet rows = statement.executeQuery("select g, 'row ' || g from generate_series(1, 1000000) as t(g)")) {
                while (rows.next()) {
                    count++;
                    total += rows.getLong(1);
                }
            }
        }
        connection.commit();
        same(count, 1_000_000L);
        same(total, 500_000_500_000L);
        long grown = memory("VmHWM") - before;
        check(grown <= 8192, "the server grew by " + grown + " kB");
    }

    /** The server's memory in kB, or 0 where no one process serves all sessions. */
    private static long memory(String field) throws IOException {
        if (SERVER_PID == null) {
            return 0;
        }
        return Files.readAllLines(Path.of("/proc", SERVER_PID, "status")).stream()
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    // --- helpers ----------------------------------------------------------------------------------------------------

    private static void makeTable(Connection connection) throws SQLException {
        execute(connection, "drop table if exists " + TABLE);
        execute(connection, "create table " + TABLE + " (id serial primary key, name text not null, age int4, boss int4,"
                + " constraint " + TABLE + "_name_key unique (name),"
                + " constraint " + TABLE + "_age_check check (age >= 0),"
                + " constraint " + TABLE + "_boss_fkey foreign key (boss) references " + TABLE + " (id))");
        execute(connection, "insert into " + TABLE + " (name, age) values ('Ada', 36)");
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Object one(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql); ResultSet row = statement.executeQuery()) {
            check(row.next(), "no row");
            return row.getObject(1);
        }
    }

    private static long count(Connection connection) throws SQLException {
        return ((Number) one(connection, "select count(*) from " + TABLE)).longValue();
    }

    private interface Action {
        void run() throws SQLException;
    }

    /** Runs what must fail with this SQLSTATE; what the server said, or null if the driver said it. */
    private static ServerErrorMessage fails(String state, Action action) throws SQLException {
        try {
            action.run();
        } catch (PSQLException error) {
            if (!state.equals(error.getSQLState())) {
                throw new AssertionError(error.getSQLState() + " instead of " + state + ": " + error.getMessage());
            }
            return error.getServerErrorMessage();
        }
        throw new AssertionError("no error " + state);
    }

    private static void same(Object actual, Object expected) {
        check(Objects.equals(actual, expected), "got " + actual + " instead of " + expected);
    }

    private static void check(boolean condition, String why) {
        if (!condition) {
            throw new AssertionError(why);
        }
    }
}
