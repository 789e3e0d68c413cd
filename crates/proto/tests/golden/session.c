/*
 * Real sessions of libpq, traced by PQtrace. capture.py runs each behind a logging proxy.
 *
 *     session SCENARIO CONNINFO TRACE-FILE plain|regress
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libpq-fe.h>
#include <libpq/libpq-fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static PGconn *conn;

static void
fail(const char *what)
{
	fprintf(stderr, "session: %s: %s\n", what, conn ? PQerrorMessage(conn) : "");
	exit(1);
}

/* Every wait is also traced by what arrives; the status is checked so that a capture is what it claims. */
static void
want(PGresult *result, ExecStatusType status, const char *what)
{
	if (PQresultStatus(result) != status)
		fail(what);
	PQclear(result);
}

static void
query(const char *sql, ExecStatusType status)
{
	want(PQexec(conn, sql), status, sql);
}

static void
simple(void)
{
	query("", PGRES_EMPTY_QUERY);
	query("select 1 as one, null::text as nothing, 'h\xc3\xa9' as \"two words\", ''", PGRES_TUPLES_OK);
	query("select from generate_series(1, 2)", PGRES_TUPLES_OK);
	query("create temp table t (id int primary key, name varchar(20) not null, price numeric(8,2))", PGRES_COMMAND_OK);
	query("insert into t values (1, 'a', 1.5), (2, 'b', null)", PGRES_COMMAND_OK);
	query("select * from t order by id; update t set name = 'c'; delete from t where id = 1", PGRES_COMMAND_OK);
	query("begin", PGRES_COMMAND_OK);
	query("select 1 / 0", PGRES_FATAL_ERROR);
	query("select 1", PGRES_FATAL_ERROR);
	query("rollback", PGRES_COMMAND_OK);
	query("set application_name = 'renamed'", PGRES_COMMAND_OK);
	query("listen news", PGRES_COMMAND_OK);
	query("notify news, 'it rains'", PGRES_COMMAND_OK);
	query("notify news", PGRES_COMMAND_OK);
}

static void
errors(void)
{
	query("selct 1", PGRES_FATAL_ERROR);
	query("select 'h\xc3\xa9', nowhere", PGRES_FATAL_ERROR);
	query("do $$ begin execute 'selct 1'; end $$", PGRES_FATAL_ERROR);
	query("do $$ begin raise exception 'everything' using errcode = 'ZZ123', detail = 'a detail', hint = 'a hint', "
		  "column = 'a column', constraint = 'a constraint', datatype = 'a type', table = 'a table', schema = 'a schema'; end $$",
		  PGRES_FATAL_ERROR);
	query("do $$ begin raise warning 'a warning' using hint = E'two\\nlines'; raise notice 'a notice'; raise info 'some info'; end $$",
		  PGRES_COMMAND_OK);
	query("set client_min_messages = debug1", PGRES_COMMAND_OK);
	query("do $$ begin raise debug 'for developers'; raise log 'for administrators'; end $$", PGRES_COMMAND_OK);
	query("reset client_min_messages", PGRES_COMMAND_OK);
	query("create temp table t (id int primary key, name text not null)", PGRES_COMMAND_OK);
	query("insert into t values (1, 'a'), (1, 'b')", PGRES_FATAL_ERROR);
	query("insert into t values (2, null)", PGRES_FATAL_ERROR);
}

static void
sync_and_drain(void)
{
	PGresult   *result;
	int			nulls = 0;

	if (!PQpipelineSync(conn))
		fail("PQpipelineSync");
	for (;;)
	{
		result = PQgetResult(conn);
		if (result == NULL)
		{
			if (++nulls > 20)
				fail("no end of the pipeline");
			continue;
		}
		nulls = 0;
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
		{
			PQclear(result);
			return;
		}
		PQclear(result);
	}
}

static void
extended(void)
{
	static const Oid types[] = {23, 25, 0};
	static const char *const text[] = {"42", "a 'quoted' text", NULL};
	static const char binary[] = {0, 0, 1, 0};
	const char *values[] = {binary, "plain", "2024-02-29"};
	const int	lengths[] = {4, 5, 10};
	const int	formats[] = {1, 0, 0};
	PGresult   *(*close_prepared) (PGconn *, const char *) = dlsym(RTLD_DEFAULT, "PQclosePrepared");
	PGresult   *(*close_portal) (PGconn *, const char *) = dlsym(RTLD_DEFAULT, "PQclosePortal");

	query("create temp table t (id int, name text, day date)", PGRES_COMMAND_OK);
	want(PQexecParams(conn, "select 1", 0, NULL, NULL, NULL, NULL, 0), PGRES_TUPLES_OK, "no parameters");
	want(PQexecParams(conn, "select $1 + 1, $2, $3::date", 3, types, text, NULL, NULL, 0), PGRES_TUPLES_OK, "text");
	want(PQexecParams(conn, "select $1 + 1, $2, $3::date", 3, types, values, lengths, formats, 1), PGRES_TUPLES_OK, "binary");
	want(PQprepare(conn, "insert", "insert into t values ($1, $2, $3)", 2, types), PGRES_COMMAND_OK, "prepare");
	want(PQdescribePrepared(conn, "insert"), PGRES_COMMAND_OK, "describe");
	want(PQexecPrepared(conn, "insert", 3, text, NULL, NULL, 0), PGRES_COMMAND_OK, "execute");
	want(PQprepare(conn, "", "select * from t", 0, NULL), PGRES_COMMAND_OK, "prepare unnamed");
	want(PQdescribePrepared(conn, ""), PGRES_COMMAND_OK, "describe unnamed");
	query("begin; declare c cursor for select * from t", PGRES_COMMAND_OK);
	want(PQdescribePortal(conn, "c"), PGRES_COMMAND_OK, "describe portal");
	if (close_portal)
		want(close_portal(conn, "c"), PGRES_COMMAND_OK, "close portal");
	query("commit", PGRES_COMMAND_OK);
	if (close_prepared)
		want(close_prepared(conn, "insert"), PGRES_COMMAND_OK, "close");
	want(PQexecParams(conn, "", 0, NULL, NULL, NULL, NULL, 0), PGRES_EMPTY_QUERY, "empty");
	want(PQexecParams(conn, "select from generate_series(1, 2)", 0, NULL, NULL, NULL, NULL, 1), PGRES_TUPLES_OK, "no columns");

	if (!PQenterPipelineMode(conn))
		fail("pipeline mode");
	PQsendQueryParams(conn, "select 'one'", 0, NULL, NULL, NULL, NULL, 0);
	PQsendFlushRequest(conn);
	PQsendQueryParams(conn, "select 1 / $1", 1, types, (const char *const[]) {"0"}, NULL, NULL, 0);
	PQsendQueryParams(conn, "select 'skipped'", 0, NULL, NULL, NULL, NULL, 0);
	sync_and_drain();
	PQexitPipelineMode(conn);
}

static void
put(const char *data, int length)
{
	if (PQputCopyData(conn, data, length) != 1)
		fail("PQputCopyData");
}

static void
copy(void)
{
	char	   *row;
	int			length;

	query("create temp table t (id int, name text)", PGRES_COMMAND_OK);
	query("copy t from stdin", PGRES_COPY_IN);
	put("1\ta\n2\t\\N\n", 9);
	put("3\t\x01\n", 4);
	if (PQputCopyEnd(conn, NULL) != 1)
		fail("PQputCopyEnd");
	want(PQgetResult(conn), PGRES_COMMAND_OK, "end of copy");
	while (PQgetResult(conn))
		;
	query("copy t from stdin (format binary)", PGRES_COPY_IN);
	if (PQputCopyEnd(conn, "changed my mind") != 1)
		fail("PQputCopyEnd");
	want(PQgetResult(conn), PGRES_FATAL_ERROR, "failed copy");
	while (PQgetResult(conn))
		;
	for (int binary = 0; binary < 2; binary++)
	{
		query(binary ? "copy t to stdout (format binary)" : "copy t to stdout (header)", PGRES_COPY_OUT);
		while ((length = PQgetCopyData(conn, &row, 0)) > 0)
			PQfreemem(row);
		if (length != -1)
			fail("PQgetCopyData");
		want(PQgetResult(conn), PGRES_COMMAND_OK, "end of copy");
		while (PQgetResult(conn))
			;
	}
}

static void
function(void)
{
	int			result[64],
				length;
	PQArgBlock	arguments[2] = {{4, 1, {.integer = 40}}, {4, 1, {.integer = 2}}};
	PQArgBlock	zero[2] = {{4, 1, {.integer = 40}}, {4, 1, {.integer = 0}}};
	PQArgBlock	null[2] = {{4, 1, {.integer = 40}}, {-1, 1, {.integer = 0}}};

	/* int4pl, int4div, quote_literal(text) */
	want(PQfn(conn, 177, result, &length, 1, arguments, 2), PGRES_COMMAND_OK, "int4pl");
	want(PQfn(conn, 177, result, &length, 1, null, 2), PGRES_COMMAND_OK, "int4pl of NULL");
	want(PQfn(conn, 154, result, &length, 1, zero, 2), PGRES_FATAL_ERROR, "int4div");
	want(PQfn(conn, 1283, result, &length, 0, (PQArgBlock[]) {{3, 0, {.ptr = (int *) "it's"}}}, 1), PGRES_COMMAND_OK, "quote_literal");
}

static void
cancel(void)
{
	char		message[256];
	PGcancel   *handle = PQgetCancel(conn);

	PQsendQuery(conn, "select pg_sleep(60)");
	PQflush(conn);
	usleep(300 * 1000);
	if (!handle || !PQcancel(handle, message, sizeof(message)))
		fail("PQcancel");
	PQfreeCancel(handle);
	want(PQgetResult(conn), PGRES_FATAL_ERROR, "cancelled query");
	while (PQgetResult(conn))
		;
}

static void
replication(void)
{
	PGresult   *result = PQexec(conn, "IDENTIFY_SYSTEM");
	char		command[128],
				status[34] = "r";
	char	   *row;
	int			length;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fail("IDENTIFY_SYSTEM");
	snprintf(command, sizeof(command), "START_REPLICATION %s TIMELINE %s", PQgetvalue(result, 0, 2), PQgetvalue(result, 0, 1));
	PQclear(result);
	query(command, PGRES_COPY_BOTH);
	/* A status update that asks for a reply, so that a keepalive comes back. */
	status[33] = 1;
	put(status, sizeof(status));
	PQflush(conn);
	length = PQgetCopyData(conn, &row, 0);
	if (length < 1)
		fail("a keepalive");
	PQfreemem(row);
	if (PQputCopyEnd(conn, NULL) != 1)
		fail("PQputCopyEnd");
	while ((length = PQgetCopyData(conn, &row, 0)) > 0)
		PQfreemem(row);
	while ((result = PQgetResult(conn)) != NULL)
		PQclear(result);
}

static void
nothing(void)
{
}

static const struct
{
	const char *name;
	void		(*run) (void);
}			scenarios[] = {
	{"simple", simple},
	{"errors", errors},
	{"extended", extended},
	{"copy", copy},
	{"function", function},
	{"cancel", cancel},
	{"replication", replication},
	{"login", nothing},
};

int
main(int argc, char **argv)
{
	FILE	   *trace;
	PostgresPollingStatusType polling = PGRES_POLLING_WRITING;

	if (argc != 5 || (trace = fopen(argv[3], "w")) == NULL)
		fail("usage: session SCENARIO CONNINFO TRACE-FILE plain|regress");
	conn = PQconnectStart(argv[2]);
	if (PQstatus(conn) == CONNECTION_BAD)
		fail("PQconnectStart");
	PQtrace(conn, trace);
	PQsetTraceFlags(conn, PQTRACE_SUPPRESS_TIMESTAMPS | (strcmp(argv[4], "regress") == 0 ? PQTRACE_REGRESS_MODE : 0));
	while (polling != PGRES_POLLING_OK && polling != PGRES_POLLING_FAILED)
	{
		struct pollfd fd = {PQsocket(conn), polling == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0};

		if (poll(&fd, 1, 10000) < 1)
			fail("connecting");
		polling = PQconnectPoll(conn);
	}
	/* The proxy needs no server that lets everybody in: a refused login is a session, too. */
	if (polling == PGRES_POLLING_OK)
	{
		PQsetNoticeProcessor(conn, (PQnoticeProcessor) nothing, NULL);
		for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
			if (strcmp(scenarios[i].name, argv[1]) == 0)
				scenarios[i].run();
	}
	else if (strcmp(argv[1], "login") != 0)
		fail("connecting");
	PQfinish(conn);
	fclose(trace);
	return 0;
}
