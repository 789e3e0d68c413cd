//! Notifications, notices, parameters.

use trunkline_test_postgres::Version;

use crate::support::with_clients;

#[test]
fn notifications_come_while_others_work() {
    with_clients(|client| async move {
        let mut notifications = client.notifications();
        client.batch_execute("listen news").await.unwrap();
        let sender = client.clone();
        let sent = tokio::spawn(async move {
            for number in 0..100 {
                sender
                    .execute("select pg_notify('news', $1)", (number.to_string(),))
                    .await
                    .unwrap();
            }
        });
        for number in 0..100 {
            let notification = notifications.next().await.unwrap().unwrap();
            assert_eq!(notification.channel(), "news");
            assert_eq!(notification.payload(), number.to_string());
        }
        sent.await.unwrap();
    });
}

#[test]
fn a_slow_listener_is_told_what_it_missed() {
    with_clients(|client| async move {
        let mut notifications = client.notifications();
        client.batch_execute("listen news").await.unwrap();
        client
            .batch_execute("do $$ begin for i in 1..5000 loop perform pg_notify('news', i::text); end loop; end $$")
            .await
            .unwrap();
        client.batch_execute("select 1").await.unwrap();
        let error = notifications.next().await.unwrap_err();
        assert!(error.to_string().contains("904 messages"), "{error}");
        let next = notifications.next().await.unwrap().unwrap();
        assert_eq!(next.payload(), "905");
    });
}

#[test]
fn notices_and_parameters_are_heard() {
    with_clients(|client| async move {
        let mut notices = client.notices();
        client
            .batch_execute("do $$ begin raise warning 'mind the gap'; end $$")
            .await
            .unwrap();
        let notice = notices.next().await.unwrap().unwrap();
        assert_eq!(notice.message(), "mind the gap");
        client
            .batch_execute("set timezone to 'Europe/Berlin'")
            .await
            .unwrap();
        assert_eq!(
            client.parameter("TimeZone").as_deref(),
            Some("Europe/Berlin")
        );
        assert_eq!(client.parameter("nonsense"), None);
    });
}

#[test]
fn the_end_is_heard_by_all() {
    with_clients(|client| async move {
        let mut notifications = client.notifications();
        let (pid,): (i32,) = client
            .query_one("select pg_backend_pid()", ())
            .await
            .unwrap();
        let waiting = client.clone();
        let waiting = tokio::spawn(async move { waiting.execute("select pg_sleep(60)", ()).await });
        let version = if client
            .parameter("server_version")
            .unwrap()
            .starts_with("15")
        {
            Version::V15
        } else {
            Version::V18
        };
        let killer = crate::support::client(version).await;
        let busy = "select true from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
        while killer
            .query_opt::<(bool,)>(busy, (pid,))
            .await
            .unwrap()
            .is_none()
        {}
        let behind = client.clone();
        let behind = tokio::spawn(async move { behind.execute("select 1", ()).await });
        killer
            .execute("select pg_terminate_backend($1)", (pid,))
            .await
            .unwrap();
        let error = notifications.next().await.unwrap_err();
        for error in [
            error,
            waiting.await.unwrap().unwrap_err(),
            behind.await.unwrap().unwrap_err(),
        ] {
            assert_eq!(error.sqlstate().unwrap().as_str(), "57P01");
            assert!(error.is_closed());
        }
        assert!(notifications.next().await.unwrap().is_none());
        assert!(client.is_closed());
        assert!(
            client
                .execute("select 1", ())
                .await
                .unwrap_err()
                .is_closed()
        );
    });
}
