//! Which of several servers is wanted (PostgreSQL docs 32.1.2: `target_session_attrs`, `load_balance_hosts`).

use super::choice::choice;

choice! {
    /// What a server must be so that the connection to it is kept.
    TargetSession for TargetSessionAttrs {
        /// Any server will do.
        Any = "any",
        /// Sessions that can write: not in hot standby, and `default_transaction_read_only` is off.
        ReadWrite = "read-write",
        /// Sessions that cannot write.
        ReadOnly = "read-only",
        /// A server that is not in hot standby.
        Primary = "primary",
        /// A server in hot standby.
        Standby = "standby",
        /// A server in hot standby; if none of the hosts is one, any of them.
        PreferStandby = "prefer-standby",
    }
}

choice! {
    /// In which order hosts, and the addresses of each, are tried.
    LoadBalance for LoadBalanceHosts {
        /// In the order in which they are given.
        Disable = "disable",
        /// In an order drawn anew for each connection.
        Random = "random",
    }
}

impl LoadBalance {
    /// Puts items in the order in which to try them: hosts first, then the addresses found for each.
    ///
    /// `below(n)` draws a number from 0 to `n - 1`; numbers beyond wrap around.
    pub fn order<T>(self, items: &mut [T], mut below: impl FnMut(usize) -> usize) {
        if self == Self::Random {
            for last in (1..items.len()).rev() {
                items.swap(last, below(last + 1) % (last + 1));
            }
        }
    }
}
