//! Notifications, notices, parameters.

use crate::api::run;
use crate::support::{VERSIONS, client, own_channel, with_clients};

#[test]
fn a_slow_listener_is_told_what_it_missed() {
    with_clients(async |client| {
        let mut notifications = client.notifications();
        let channel = own_channel(&client).await;
        client
            .batch_execute(&format!(
                "do $$ begin for i in 1..5000 loop perform pg_notify('{channel}', i::text); end loop; end $$"
            ))
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
    with_clients(async |client| {
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
fn notifications_are_heard_in_their_order() {
    with_clients(async |client| {
        let mut notifications = client.notifications();
        let channel = own_channel(&client).await;
        for number in 0..100 {
            client
                .execute("select pg_notify($1, $2)", (&*channel, number.to_string()))
                .await
                .unwrap();
        }
        for number in 0..100 {
            let notification = notifications.next().await.unwrap().unwrap();
            assert_eq!(notification.channel(), channel);
            assert_eq!(notification.payload(), number.to_string());
        }
    });
}

#[test]
fn the_end_is_heard() {
    for version in VERSIONS {
        run(async || {
            let (client, killer) = (client(version).await, client(version).await);
            let mut notifications = client.notifications();
            let (pid,): (i32,) = client
                .query_one("select pg_backend_pid()", ())
                .await
                .unwrap();
            killer
                .execute("select pg_terminate_backend($1)", (pid,))
                .await
                .unwrap();
            let error = notifications.next().await.unwrap_err();
            assert_eq!(error.sqlstate().unwrap().as_str(), "57P01");
            assert!(error.is_closed());
            assert!(notifications.next().await.unwrap().is_none());
            assert!(client.is_closed());
            let error = client.execute("select 1", ()).await.unwrap_err();
            assert!(error.is_closed(), "{error}");
        });
    }
}
