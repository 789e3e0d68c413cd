/* libpq: pipeline mode, both formats byte by byte, single-row mode, COPY, cancel. Where to connect comes from the environment. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- the smallest of test frameworks: a failed check ends its case ---------------------------------------------------- */

static jmp_buf failed;
static char why[2048];
static char table[64];

static void fail(int line, const char *format, ...) {
    int used = snprintf(why, sizeof why, "line %d: ", line);
    va_list args;
    va_start(args, format);
    vsnprintf(why + used, sizeof why - (size_t)used, format, args);
    va_end(args);
    for (char *c = why; *c; c++)
        if (*c == '\n') *c = ' ';
    longjmp(failed, 1);
}

#define CHECK(condition) \
    do { if (!(condition)) fail(__LINE__, "not so: %s", #condition); } while (0)
#define SAME_TEXT(actual, expected) \
    do { \
        const char *a_ = (actual), *e_ = (expected); \
        if (!a_ || strcmp(a_, e_) != 0) fail(__LINE__, "%s is \"%s\" instead of \"%s\"", #actual, a_ ? a_ : "(null)", e_); \
    } while (0)
#define SAME(actual, expected) \
    do { \
        long long a_ = (actual), e_ = (expected); \
        if (a_ != e_) fail(__LINE__, "%s is %lld instead of %lld", #actual, a_, e_); \
    } while (0)

/* A result that must have this status; freed by the caller. */
static PGresult *must(int line, PGconn *conn, PGresult *result, ExecStatusType status) {
    if (!result) fail(line, "no result: %s", PQerrorMessage(conn));
    if (PQresultStatus(result) != status)
        fail(line, "%s instead of %s: %s", PQresStatus(PQresultStatus(result)), PQresStatus(status), PQresultErrorMessage(result));
    return result;
}
#define MUST(conn, result, status) must(__LINE__, conn, result, status)
#define RUN(conn, sql, status) PQclear(must(__LINE__, conn, PQexec(conn, sql), status))

/* The next result in a pipeline must have this status; then, but for a Sync, comes the null that ends it. */
static void next(int line, PGconn *conn, ExecStatusType status) {
    PQclear(must(line, conn, PQgetResult(conn), status));
    if (status != PGRES_PIPELINE_SYNC && PQgetResult(conn)) fail(line, "one result too many");
}
#define NEXT(conn, status) next(__LINE__, conn, status)

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The server's memory in kB (VmRSS: now, VmHWM: at its highest), or 0 where no one process serves all sessions. */
static long memory(const char *field) {
    const char *pid = getenv("INTEROP_SERVER_PID");
    if (!pid) return 0;
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *status = fopen(path, "r");
    CHECK(status);
    long found = -1;
    while (fgets(line, sizeof line, status))
        if (strncmp(line, field, strlen(field)) == 0) found = atol(line + strlen(field) + 1);
    fclose(status);
    CHECK(found >= 0);
    return found;
}

static void forget_peak(void) {
    const char *pid = getenv("INTEROP_SERVER_PID");
    if (!pid) return;
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/clear_refs", pid);
    FILE *file = fopen(path, "w");
    CHECK(file);
    CHECK(fputs("5", file) >= 0);
    fclose(file);
}

static void make_table(PGconn *conn) {
    char sql[512];
    snprintf(sql, sizeof sql, "drop table if exists %s", table);
    RUN(conn, sql, PGRES_COMMAND_OK);
    snprintf(sql, sizeof sql, "create table %s (id int4 primary key, name text not null)", table);
    RUN(conn, sql, PGRES_COMMAND_OK);
    snprintf(sql, sizeof sql, "insert into %s values (1, 'Ada')", table);
    RUN(conn, sql, PGRES_COMMAND_OK);
}

static void same_count(int line, PGconn *conn, const char *expected) {
    char sql[128];
    snprintf(sql, sizeof sql, "select count(*) from %s", table);
    PGresult *result = must(line, conn, PQexec(conn, sql), PGRES_TUPLES_OK);
    if (strcmp(PQgetvalue(result, 0, 0), expected) != 0) fail(line, "%s rows instead of %s", PQgetvalue(result, 0, 0), expected);
    PQclear(result);
}

/* --- the cases -------------------------------------------------------------------------------------------------------- */

static void login(PGconn *conn) {
    SAME_TEXT(PQuser(conn), getenv("PGUSER"));
    SAME_TEXT(PQparameterStatus(conn, "client_encoding"), "UTF8");
    SAME_TEXT(PQparameterStatus(conn, "integer_datetimes"), "on");
    CHECK(PQserverVersion(conn) >= 140000);
    CHECK(PQbackendPID(conn) != 0);
    SAME(PQsslInUse(conn), strcmp(getenv("INTEROP_LOGIN"), "tls") == 0);
}

/* Each type as PostgreSQL prints it, and its bytes in binary. */
static const struct {
    const char *type;
    Oid oid;
    const char *text;
    const char *binary;
} VALUES[] = {
    {"bool", 16, "t", "01"},
    {"int2", 21, "-2", "fffe"},
    {"int4", 23, "16909060", "01020304"},
    {"int8", 20, "-9223372036854775808", "8000000000000000"},
    {"oid", 26, "4294967295", "ffffffff"},
    {"float4", 700, "1.5", "3fc00000"},
    {"float8", 701, "-0.1", "bfb999999999999a"},
    {"float8", 701, "Infinity", "7ff0000000000000"},
    {"numeric", 1700, "0", "0000000000000000"},
    {"numeric", 1700, "-12345.670", "0003000140000003000109291a2c"},
    {"numeric", 1700, "NaN", "00000000c0000000"},
    {"text", 25, "gr\xc3\xbcn", "6772c3bc6e"},
    {"text", 25, "", ""},
    {"varchar", 1043, "abc", "616263"},
    {"bytea", 17, "\\x00ff5c", "00ff5c"},
    {"date", 1082, "2000-01-02", "00000001"},
    {"date", 1082, "infinity", "7fffffff"},
    {"date", 1082, "1999-12-31", "ffffffff"},
    {"time", 1083, "00:00:01.000002", "00000000000f4242"},
    {"timetz", 1266, "00:00:01+05:30", "00000000000f4240ffffb2a8"},
    {"timestamp", 1114, "2000-01-01 00:00:01", "00000000000f4240"},
    {"timestamp", 1114, "-infinity", "8000000000000000"},
    {"timestamptz", 1184, "2000-01-01 00:00:01+00", "00000000000f4240"},
    {"interval", 1186, "1 year 2 mons 3 days 00:00:01", "00000000000f4240000000030000000e"},
    {"uuid", 2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"},
    {"json", 114, "{\"a\" : 1}", "7b226122203a20317d"},
    {"jsonb", 3802, "{\"a\": 1}", "017b2261223a20317d"},
    {"int4[]", 1007, "{1,NULL}", "0000000100000001000000170000000200000001" "0000000400000001" "ffffffff"},
    {"int4[]", 1007, "{}", "000000000000000000000017"},
    {"text[]", 1009, "{a,\"\"}", "0000000100000000000000190000000200000001" "0000000161" "00000000"},
};

static int unhex(const char *hex, char *out) {
    int length = 0;
    for (; hex[0]; hex += 2) {
        unsigned byte;
        sscanf(hex, "%2x", &byte);
        out[length++] = (char)byte;
    }
    return length;
}

static void both_formats_byte_by_byte(PGconn *conn) {
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        char sql[64], bytes[256];
        int length = unhex(VALUES[i].binary, bytes);
        snprintf(sql, sizeof sql, "select $1::%s", VALUES[i].type);
        for (int in = 0; in < 2; in++)
            for (int out = 0; out < 2; out++) {
                const char *value = in ? bytes : VALUES[i].text;
                PGresult *result = PQexecParams(conn, sql, 1, NULL, &value, &length, &in, out);
                MUST(conn, result, PGRES_TUPLES_OK);
                SAME(PQftype(result, 0), VALUES[i].oid);
                SAME(PQfformat(result, 0), out);
                const char *got = PQgetvalue(result, 0, 0);
                if (out) {
                    if (PQgetlength(result, 0, 0) != length || memcmp(got, bytes, (size_t)length) != 0)
                        fail(__LINE__, "%s %s (sent as %s): other bytes", VALUES[i].type, VALUES[i].text, in ? "binary" : "text");
                } else if (strcmp(got, VALUES[i].text) != 0)
                    fail(__LINE__, "%s %s (sent as %s): got %s", VALUES[i].type, VALUES[i].text, in ? "binary" : "text", got);
                PQclear(result);
            }
    }
}

static void a_prepared_statement(PGconn *conn) {
    PQclear(MUST(conn, PQprepare(conn, "plus", "select $1::int4 + $2::int4 as sum", 0, NULL), PGRES_COMMAND_OK));
    PGresult *shape = MUST(conn, PQdescribePrepared(conn, "plus"), PGRES_COMMAND_OK);
    SAME(PQnparams(shape), 2);
    SAME(PQparamtype(shape, 0), 23);
    SAME(PQnfields(shape), 1);
    SAME_TEXT(PQfname(shape, 0), "sum");
    SAME(PQftype(shape, 0), 23);
    PQclear(shape);
    for (int i = 0; i < 100; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        const char *values[] = {text, "1000"};
        PGresult *result = MUST(conn, PQexecPrepared(conn, "plus", 2, values, NULL, NULL, 0), PGRES_TUPLES_OK);
        SAME(atoi(PQgetvalue(result, 0, 0)), i + 1000);
        PQclear(result);
    }
    PGresult *twice = MUST(conn, PQprepare(conn, "plus", "select 1", 0, NULL), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(twice, PG_DIAG_SQLSTATE), "42P05");
    PQclear(twice);
    RUN(conn, "deallocate plus", PGRES_COMMAND_OK);
    PGresult *gone = MUST(conn, PQexecPrepared(conn, "plus", 0, NULL, NULL, NULL, 0), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(gone, PG_DIAG_SQLSTATE), "26000");
    PQclear(gone);
}

static void null_and_empty(PGconn *conn) {
    const char *values[] = {NULL, ""};
    PGresult *result = MUST(conn, PQexecParams(conn, "select $1::text, $2::text", 2, NULL, values, NULL, NULL, 0), PGRES_TUPLES_OK);
    CHECK(PQgetisnull(result, 0, 0));
    CHECK(!PQgetisnull(result, 0, 1));
    SAME(PQgetlength(result, 0, 1), 0);
    PQclear(result);
    RUN(conn, "", PGRES_EMPTY_QUERY);
    PQclear(MUST(conn, PQexecParams(conn, "", 0, NULL, NULL, NULL, NULL, 0), PGRES_EMPTY_QUERY));
}

static void several_statements_in_one_query(PGconn *conn) {
    CHECK(PQsendQuery(conn, "select 1; select no_such_column; select 3"));
    PQclear(MUST(conn, PQgetResult(conn), PGRES_TUPLES_OK));
    PGresult *error = MUST(conn, PQgetResult(conn), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(error, PG_DIAG_SQLSTATE), "42703");
    SAME_TEXT(PQresultErrorField(error, PG_DIAG_STATEMENT_POSITION), "18");
    PQclear(error);
    CHECK(!PQgetResult(conn));
}

static void transaction_status(PGconn *conn) {
    SAME(PQtransactionStatus(conn), PQTRANS_IDLE);
    RUN(conn, "begin", PGRES_COMMAND_OK);
    SAME(PQtransactionStatus(conn), PQTRANS_INTRANS);
    RUN(conn, "select * from nowhere", PGRES_FATAL_ERROR);
    SAME(PQtransactionStatus(conn), PQTRANS_INERROR);
    PGresult *refused = MUST(conn, PQexec(conn, "select 1"), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(refused, PG_DIAG_SQLSTATE), "25P02");
    PQclear(refused);
    RUN(conn, "rollback", PGRES_COMMAND_OK);
    SAME(PQtransactionStatus(conn), PQTRANS_IDLE);
}

static void a_pipeline(PGconn *conn) {
    make_table(conn);
    char insert[128];
    snprintf(insert, sizeof insert, "insert into %s values ($1, $2)", table);
    CHECK(PQenterPipelineMode(conn));
    CHECK(PQsendPrepare(conn, "insert", insert, 0, NULL));
    for (int i = 2; i <= 500; i++) {
        uint32_t id = htonl((uint32_t)i);
        const char *values[] = {(const char *)&id, "somebody"};
        const int lengths[] = {4, 0}, formats[] = {1, 0};
        CHECK(PQsendQueryPrepared(conn, "insert", 2, values, lengths, formats, 0));
    }
    CHECK(PQpipelineSync(conn));
    NEXT(conn, PGRES_COMMAND_OK);
    for (int i = 2; i <= 500; i++) {
        PGresult *result = MUST(conn, PQgetResult(conn), PGRES_COMMAND_OK);
        SAME_TEXT(PQcmdStatus(result), "INSERT 0 1");
        PQclear(result);
        CHECK(!PQgetResult(conn));
    }
    NEXT(conn, PGRES_PIPELINE_SYNC);
    CHECK(PQexitPipelineMode(conn));
    same_count(__LINE__, conn, "500");
    RUN(conn, "deallocate insert", PGRES_COMMAND_OK);
}

static void queue(PGconn *conn, const char *format, ...) {
    char sql[256];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    CHECK(PQsendQueryParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0));
}

static void an_error_in_the_middle_of_a_pipeline(PGconn *conn) {
    make_table(conn);
    CHECK(PQenterPipelineMode(conn));
    queue(conn, "insert into %s values (2, 'its series fails')", table);
    queue(conn, "insert into %s values (1, 'twice')", table);
    queue(conn, "insert into %s values (3, 'skipped')", table);
    queue(conn, "select * from skipped_too");
    CHECK(PQpipelineSync(conn));
    queue(conn, "insert into %s values (4, 'another series')", table);
    CHECK(PQpipelineSync(conn));
    NEXT(conn, PGRES_COMMAND_OK);
    PGresult *error = MUST(conn, PQgetResult(conn), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(error, PG_DIAG_SQLSTATE), "23505");
    PQclear(error);
    CHECK(!PQgetResult(conn));
    SAME(PQpipelineStatus(conn), PQ_PIPELINE_ABORTED);
    NEXT(conn, PGRES_PIPELINE_ABORTED);
    NEXT(conn, PGRES_PIPELINE_ABORTED);
    NEXT(conn, PGRES_PIPELINE_SYNC);
    SAME(PQpipelineStatus(conn), PQ_PIPELINE_ON);
    NEXT(conn, PGRES_COMMAND_OK);
    NEXT(conn, PGRES_PIPELINE_SYNC);
    CHECK(PQexitPipelineMode(conn));
    same_count(__LINE__, conn, "2");
}

static void a_transaction_in_a_pipeline(PGconn *conn) {
    make_table(conn);
    CHECK(PQenterPipelineMode(conn));
    queue(conn, "begin");
    queue(conn, "insert into %s values (2, 'lost')", table);
    CHECK(PQpipelineSync(conn));
    queue(conn, "select * from nowhere");
    CHECK(PQpipelineSync(conn));
    queue(conn, "insert into %s values (3, 'refused')", table);
    CHECK(PQpipelineSync(conn));
    queue(conn, "rollback");
    CHECK(PQpipelineSync(conn));
    NEXT(conn, PGRES_COMMAND_OK);
    NEXT(conn, PGRES_COMMAND_OK);
    NEXT(conn, PGRES_PIPELINE_SYNC);
    NEXT(conn, PGRES_FATAL_ERROR);
    NEXT(conn, PGRES_PIPELINE_SYNC);
    PGresult *refused = MUST(conn, PQgetResult(conn), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(refused, PG_DIAG_SQLSTATE), "25P02");
    PQclear(refused);
    CHECK(!PQgetResult(conn));
    NEXT(conn, PGRES_PIPELINE_SYNC);
    NEXT(conn, PGRES_COMMAND_OK);
    NEXT(conn, PGRES_PIPELINE_SYNC);
    CHECK(PQexitPipelineMode(conn));
    SAME(PQtransactionStatus(conn), PQTRANS_IDLE);
    same_count(__LINE__, conn, "1");
}

static void flush_brings_results_before_sync(PGconn *conn) {
    CHECK(PQenterPipelineMode(conn));
    queue(conn, "select 'early'");
    CHECK(PQsendFlushRequest(conn));
    PGresult *early = MUST(conn, PQgetResult(conn), PGRES_TUPLES_OK);
    SAME_TEXT(PQgetvalue(early, 0, 0), "early");
    PQclear(early);
    CHECK(!PQgetResult(conn));
    queue(conn, "select 'late'");
    CHECK(PQpipelineSync(conn));
    NEXT(conn, PGRES_TUPLES_OK);
    NEXT(conn, PGRES_PIPELINE_SYNC);
    CHECK(PQexitPipelineMode(conn));
}

/* Sends far more than the socket buffers hold before it takes the first answer from libpq, which reads as it writes. */
static void a_pipeline_larger_than_the_sockets_buffers(PGconn *conn) {
    enum { COUNT = 2000, SIZE = 8192 };
    static char large[SIZE + 1];
    memset(large, 'x', SIZE);
    SAME(PQsetnonblocking(conn, 1), 0);
    CHECK(PQenterPipelineMode(conn));
    int sent = 0, received = 0;
    while (received < COUNT) {
        while (sent < COUNT && sent - received < 1500) {
            const char *values[] = {large};
            CHECK(PQsendQueryParams(conn, "select $1::text", 1, NULL, values, NULL, NULL, 0));
            if (++sent == COUNT) CHECK(PQpipelineSync(conn));
            else if (sent % 100 == 0) CHECK(PQsendFlushRequest(conn));
        }
        int unsent = PQflush(conn);
        CHECK(unsent >= 0);
        struct pollfd descriptor = {.fd = PQsocket(conn), .events = (short)(POLLIN | (unsent ? POLLOUT : 0))};
        int ready = poll(&descriptor, 1, 10000);
        CHECK(ready == 1);
        CHECK(PQconsumeInput(conn));
        while (received < COUNT && !PQisBusy(conn)) {
            PGresult *result = PQgetResult(conn);
            if (!result) continue;
            MUST(conn, result, PGRES_TUPLES_OK);
            SAME(PQgetlength(result, 0, 0), SIZE);
            PQclear(result);
            received++;
        }
    }
    SAME(PQsetnonblocking(conn, 0), 0);
    CHECK(!PQgetResult(conn));
    NEXT(conn, PGRES_PIPELINE_SYNC);
    CHECK(PQexitPipelineMode(conn));
}

static void a_million_rows_one_at_a_time(PGconn *conn) {
    for (int format = 0; format < 2; format++) {
        forget_peak();
        long before = memory("VmRSS");
        CHECK(PQsendQueryParams(conn, "select g::int4, 'row ' || g from generate_series(1, 1000000) as t(g)", 0, NULL, NULL, NULL, NULL, format));
        CHECK(PQsetSingleRowMode(conn));
        long long count = 0, total = 0;
        PGresult *result;
        while ((result = PQgetResult(conn))) {
            if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
                const char *value = PQgetvalue(result, 0, 0);
                uint32_t raw;
                memcpy(&raw, value, format ? sizeof raw : 0);
                total += format ? (long long)ntohl(raw) : atoll(value);
                count++;
            } else
                MUST(conn, result, PGRES_TUPLES_OK);
            PQclear(result);
        }
        SAME(count, 1000000);
        SAME(total, 500000500000);
        long grown = memory("VmHWM") - before;
        if (grown > 8192) fail(__LINE__, "the server grew by %ld kB", grown);
    }
}

/* Starts a COPY whose text is `format` with the table's name in it. */
static void copy(int line, PGconn *conn, const char *format, ExecStatusType status) {
    char sql[256];
    snprintf(sql, sizeof sql, format, table);
    PGresult *result = must(line, conn, PQexec(conn, sql), status);
    SAME(PQnfields(result), 2);
    SAME(PQbinaryTuples(result), 0);
    SAME(PQfformat(result, 1), 0);
    PQclear(result);
}

/* What COPY says at its end: its tag, or an SQLSTATE. Only then is the connection free again. */
static void copied(int line, PGconn *conn, const char *expected) {
    PGresult *result = PQgetResult(conn);
    if (!result) fail(line, "no result: %s", PQerrorMessage(conn));
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE), *told = code ? code : PQcmdStatus(result);
    if (strcmp(told, expected) != 0) fail(line, "%s instead of %s: %s", told, expected, PQresultErrorMessage(result));
    PQclear(result);
    if (PQgetResult(conn)) fail(line, "one result too many");
    SAME(PQtransactionStatus(conn), PQTRANS_IDLE);
}
#define COPIED(conn, expected) copied(__LINE__, conn, expected)

static void copy_in(PGconn *conn) {
    make_table(conn);
    copy(__LINE__, conn, "copy %s from stdin", PGRES_COPY_IN);
    SAME(PQtransactionStatus(conn), PQTRANS_ACTIVE);
    /* A message may end anywhere, in the middle of a row or of a letter. */
    const char rows[] = "2\tgr\xc3\xbcn\n3\ttab\\tand\\\\\n";
    for (size_t i = 0; i < sizeof rows - 1; i++) SAME(PQputCopyData(conn, rows + i, 1), 1);
    for (int i = 4; i <= 20000; i++) {
        char row[64];
        int length = snprintf(row, sizeof row, "%d\trow %d\n", i, i);
        SAME(PQputCopyData(conn, row, length), 1);
    }
    SAME(PQputCopyEnd(conn, NULL), 1);
    COPIED(conn, "COPY 19999");
    same_count(__LINE__, conn, "20000");
    char sql[128];
    snprintf(sql, sizeof sql, "select name from %s where id in (2, 3) order by id", table);
    PGresult *result = MUST(conn, PQexec(conn, sql), PGRES_TUPLES_OK);
    SAME_TEXT(PQgetvalue(result, 0, 0), "gr\xc3\xbcn");
    SAME_TEXT(PQgetvalue(result, 1, 0), "tab\tand\\");
    PQclear(result);
}

static void copy_in_that_fails(PGconn *conn) {
    make_table(conn);
    copy(__LINE__, conn, "copy %s from stdin", PGRES_COPY_IN);
    SAME(PQputCopyData(conn, "2\ttwo\n", 6), 1);
    SAME(PQputCopyEnd(conn, "changed my mind"), 1);
    PGresult *result = MUST(conn, PQgetResult(conn), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(result, PG_DIAG_SQLSTATE), "57014");
    CHECK(strstr(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), "changed my mind"));
    PQclear(result);
    CHECK(!PQgetResult(conn));

    const char *const refused[][2] = {{"two\ttwo\n", "22P02"}, {"2\n", "22P04"}, {"1\ttwice\n", "23505"}, {"2\t\\N\n", "23502"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        copy(__LINE__, conn, "copy %s from stdin", PGRES_COPY_IN);
        SAME(PQputCopyData(conn, "100\tgoes with the rest\n", 23), 1);
        SAME(PQputCopyData(conn, refused[i][0], (int)strlen(refused[i][0])), 1);
        /* The server reads on, and forgets, what comes after the row that it has refused. */
        for (int j = 0; j < 1000; j++) SAME(PQputCopyData(conn, "101\tin vain\n", 12), 1);
        SAME(PQputCopyEnd(conn, NULL), 1);
        COPIED(conn, refused[i][1]);
        same_count(__LINE__, conn, "1");
    }
}

static void copy_out(PGconn *conn) {
    make_table(conn);
    char sql[128];
    snprintf(sql, sizeof sql, "insert into %s values (2, 'tab' || chr(9)), (3, 'gr\xc3\xbcn')", table);
    RUN(conn, sql, PGRES_COMMAND_OK);
    copy(__LINE__, conn, "copy (select id, name from %s order by id) to stdout", PGRES_COPY_OUT);
    const char *const rows[] = {"1\tAda\n", "2\ttab\\t\n", "3\tgr\xc3\xbcn\n"};
    char *row;
    for (int i = 0; i < 3; i++) {
        SAME(PQgetCopyData(conn, &row, 0), (long long)strlen(rows[i]));
        SAME_TEXT(row, rows[i]);
        PQfreemem(row);
    }
    SAME(PQgetCopyData(conn, &row, 0), -1);
    COPIED(conn, "COPY 3");

    /* Without waiting, as a program does that has other things to do. */
    copy(__LINE__, conn, "copy (select g, 'row ' || g from generate_series(1, 20000) as t(g)) to stdout", PGRES_COPY_OUT);
    long long count = 0, total = 0;
    for (int length; (length = PQgetCopyData(conn, &row, 1)) != -1;) {
        if (length == 0) {
            struct pollfd descriptor = {.fd = PQsocket(conn), .events = POLLIN};
            int ready = poll(&descriptor, 1, 10000);
            CHECK(ready == 1);
            CHECK(PQconsumeInput(conn));
            continue;
        }
        CHECK(length > 0);
        count++;
        total += atoll(row);
        PQfreemem(row);
    }
    SAME(count, 20000);
    SAME(total, 200010000);
    COPIED(conn, "COPY 20000");
}

static void copy_out_that_fails(PGconn *conn) {
    copy(__LINE__, conn, "copy (select g, 6 / (3 - g) from generate_series(1, 5) as t(g)) to stdout", PGRES_COPY_OUT);
    char *row;
    int rows = 0;
    while (PQgetCopyData(conn, &row, 0) > 0) {
        rows++;
        PQfreemem(row);
    }
    CHECK(rows <= 2);
    COPIED(conn, "22012");
    RUN(conn, "select 1", PGRES_TUPLES_OK);
}

static void cancel(PGconn *conn) {
    double began = now();
    CHECK(PQsendQuery(conn, "select pg_sleep(20)"));
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    PGcancel *handle = PQgetCancel(conn);
    char error[256] = "";
    CHECK(PQcancel(handle, error, sizeof error));
    PQfreeCancel(handle);
    PGresult *result = MUST(conn, PQgetResult(conn), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(result, PG_DIAG_SQLSTATE), "57014");
    SAME_TEXT(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), "canceling statement due to user request");
    PQclear(result);
    CHECK(!PQgetResult(conn));
    CHECK(now() - began < 5);
    RUN(conn, "select 1", PGRES_TUPLES_OK);
}

static void cancel_while_idle_does_nothing(PGconn *conn) {
    PGcancel *handle = PQgetCancel(conn);
    char error[256] = "";
    CHECK(PQcancel(handle, error, sizeof error));
    PQfreeCancel(handle);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    RUN(conn, "select 1", PGRES_TUPLES_OK);
}

static void fields_of_an_error(PGconn *conn) {
    make_table(conn);
    char sql[128];
    snprintf(sql, sizeof sql, "insert into %s values (2, null)", table);
    PGresult *result = MUST(conn, PQexec(conn, sql), PGRES_FATAL_ERROR);
    SAME_TEXT(PQresultErrorField(result, PG_DIAG_SEVERITY), "ERROR");
    SAME_TEXT(PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED), "ERROR");
    SAME_TEXT(PQresultErrorField(result, PG_DIAG_SQLSTATE), "23502");
    SAME_TEXT(PQresultErrorField(result, PG_DIAG_TABLE_NAME), table);
    SAME_TEXT(PQresultErrorField(result, PG_DIAG_COLUMN_NAME), "name");
    CHECK(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    PQclear(result);
}

static void the_table_is_dropped(PGconn *conn) {
    char sql[128];
    snprintf(sql, sizeof sql, "drop table %s", table);
    RUN(conn, sql, PGRES_COMMAND_OK);
}

#define CASE(function) {#function, function}
static const struct {
    const char *name;
    void (*run)(PGconn *);
} CASES[] = {
    CASE(login),
    CASE(both_formats_byte_by_byte),
    CASE(a_prepared_statement),
    CASE(null_and_empty),
    CASE(several_statements_in_one_query),
    CASE(transaction_status),
    CASE(a_pipeline),
    CASE(an_error_in_the_middle_of_a_pipeline),
    CASE(a_transaction_in_a_pipeline),
    CASE(flush_brings_results_before_sync),
    CASE(a_pipeline_larger_than_the_sockets_buffers),
    CASE(a_million_rows_one_at_a_time),
    CASE(copy_in),
    CASE(copy_in_that_fails),
    CASE(copy_out),
    CASE(copy_out_that_fails),
    CASE(cancel),
    CASE(cancel_while_idle_does_nothing),
    CASE(fields_of_an_error),
    CASE(the_table_is_dropped),
};

static void ignore_notice(void *arg, const PGresult *result) {
    (void)arg;
    (void)result;
}

int main(void) {
    snprintf(table, sizeof table, "libpq_%s", getenv("INTEROP_LOGIN"));
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s", CASES[i].name);
        for (char *c = name; *c; c++)
            if (*c == '_') *c = ' ';
        PGconn *conn = PQconnectdb("");
        if (PQstatus(conn) != CONNECTION_OK)
            printf("not ok %s: %s", name, PQerrorMessage(conn));
        else if (setjmp(failed) == 0) {
            PQsetNoticeReceiver(conn, ignore_notice, NULL);
            CASES[i].run(conn);
            printf("ok %s\n", name);
        } else
            printf("not ok %s: %s\n", name, why);
        fflush(stdout);
        PQfinish(conn);
    }
    puts("done");
    return 0;
}
