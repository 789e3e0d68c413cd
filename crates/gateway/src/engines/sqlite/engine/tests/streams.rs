//! Rows that wait for each other, and what stops them.

use super::*;

#[tokio::test]
async fn a_signal_interrupts_what_runs() {
    let database = database().await;
    let a = Session::open(&database).await;
    for sql in [
        "select pg_sleep(60)",
        "select count(*) from generate_series(1, 1000000000000) g",
    ] {
        let (mut chunks, signal) = a.start(1, sql);
        tokio::time::sleep(Duration::from_millis(50)).await;
        signal.stop();
        let end = tokio::time::timeout(Duration::from_secs(5), chunks.recv())
            .await
            .unwrap()
            .unwrap()
            .end;
        assert_eq!(
            end.unwrap().unwrap_err().sqlstate(),
            SqlState::QUERY_CANCELED,
            "{sql}"
        );
    }
    assert_eq!(a.run("select 1").await.unwrap(), 1);
}

#[tokio::test]
async fn suspended_results_take_turns() {
    const ROWS_EACH: u64 = 20_000;
    let database = database().await;
    let a = Session::open(&database).await;
    let sql = format!("select * from generate_series(1, {ROWS_EACH}) g");
    let (mut first, _) = a.start(1, &sql);
    let (mut second, _) = a.start(2, &sql);
    // Others run while both wait.
    assert_eq!(a.run("select * from t").await.unwrap(), 2);
    let mut left = [true, true];
    let mut counts = [0, 0];
    while left.contains(&true) {
        for (at, chunks) in [&mut first, &mut second].into_iter().enumerate() {
            if left[at] {
                let chunk = chunks.recv().await.unwrap();
                counts[at] += u64::try_from(chunk.rows.rows()).unwrap();
                match chunk.end {
                    Some(end) => {
                        assert_eq!(end.unwrap(), ROWS_EACH);
                        left[at] = false;
                    }
                    None => a
                        .worker
                        .send(Event::Credit(u64::try_from(at + 1).unwrap(), chunk.rows))
                        .unwrap(),
                }
            }
        }
    }
    assert_eq!(counts, [ROWS_EACH, ROWS_EACH]);
}

/// The second must make way for the first, and its rows are more than a session may keep.
#[tokio::test]
async fn rows_kept_for_later_have_a_limit() {
    let database = database().await;
    let a = Session::open(&database).await;
    for round in 0..2 {
        let (first, second) = (round * 2 + 1, round * 2 + 2);
        let (mut slow, _) = a.start(
            first,
            "select repeat('a', 100000) from generate_series(1, 100) g",
        );
        let (mut large, _) = a.start(
            second,
            "select repeat('b', 1000000) from generate_series(1, 100) g",
        );
        let rows = async |chunks: &mut UnboundedReceiver<Chunk>, id: u64| {
            let mut rows = 0;
            loop {
                let chunk = chunks.recv().await.unwrap();
                rows += chunk.rows.rows();
                match chunk.end {
                    Some(end) => return (rows, end),
                    None => a.worker.send(Event::Credit(id, chunk.rows)).unwrap(),
                }
            }
        };
        let (count, end) = rows(&mut slow, first).await;
        assert_eq!((count, end.unwrap()), (100, 100));
        let (count, end) = rows(&mut large, second).await;
        let error = end.unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::OUT_OF_MEMORY);
        assert!((60..70).contains(&count), "{count} rows were kept");
        assert_eq!(a.run("select 1").await.unwrap(), 1);
    }
}

#[tokio::test]
async fn many_suspended_results_leave_room_for_more() {
    let database = database().await;
    let a = Session::open(&database).await;
    let sql = "select * from generate_series(1, 5000) g";
    let mut all: Vec<_> = (1..=20).map(|id| a.start(id, sql).0).collect();
    let more = tokio::time::timeout(Duration::from_secs(20), a.run("select 1"));
    assert_eq!(more.await.unwrap().unwrap(), 1);
    for (id, chunks) in (1..).zip(&mut all) {
        let mut count = 0;
        loop {
            let chunk = tokio::time::timeout(Duration::from_secs(20), chunks.recv());
            let chunk = chunk.await.unwrap().unwrap();
            count += chunk.rows.rows();
            match chunk.end {
                Some(end) => break assert_eq!(end.unwrap(), 5000),
                None => a.worker.send(Event::Credit(id, chunk.rows)).unwrap(),
            }
        }
        assert_eq!(count, 5000);
    }
}

/// The type of a bare column of SQLite's is told by the first row.
#[tokio::test]
async fn looking_for_types_can_be_stopped() {
    let database = database().await;
    let a = Session::open(&database).await;
    let endless = "select max(iif(json_array_length('[]') = 1, g, 0)) from generate_series(1, 1000000000000) g";
    let (done, outcome) = oneshot::channel();
    let signal = Arc::new(Signal::default());
    let job = Box::new(move |engine: &Engine| drop(done.send(engine.prepare(endless, &[]))));
    a.worker.send(Event::Job(job, Arc::clone(&signal))).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    signal.stop();
    let outcome = tokio::time::timeout(Duration::from_secs(5), outcome);
    let error = outcome.await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::QUERY_CANCELED);
    // The error of a first row is not the next statement's.
    a.ask(|engine| {
        engine.prepare(
            "select json_extract('{}', '$.a'), 1 / (id - id) from t",
            &[],
        )
    })
    .await
    .unwrap();
    assert_eq!(
        a.code("insert into t values (1, 1)").await,
        SqlState::UNIQUE_VIOLATION
    );
}

/// Not rows that are too few: the reader could not tell.
#[tokio::test]
async fn a_stopped_result_ends_in_an_error() {
    let database = database().await;
    let a = Session::open(&database).await;
    // A chunk each, and too little work for SQLite to see the signal first.
    let (mut chunks, signal) = a.start(
        1,
        "select repeat('a', 100000) from generate_series(1, 50) g",
    );
    let first = chunks.recv().await.unwrap();
    assert!(first.end.is_none());
    signal.stop();
    a.worker.send(Event::Credit(1, first.rows)).unwrap();
    let end = loop {
        let chunk = chunks.recv().await.unwrap();
        match chunk.end {
            Some(end) => break end,
            None => a.worker.send(Event::Credit(1, chunk.rows)).unwrap(),
        }
    };
    assert_eq!(end.unwrap_err().sqlstate(), SqlState::QUERY_CANCELED);
    assert_eq!(a.run("select 1").await.unwrap(), 1);
}
