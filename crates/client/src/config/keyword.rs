//! The names of the connection options (PostgreSQL docs 32.1.2), and the environment variable that stands in for each (32.15).

use std::fmt;

macro_rules! keywords {
    ($($variant:ident $name:literal $variable:expr;)*) => {
        /// A connection option of libpq 18, in libpq's order.
        ///
        /// PostgreSQL docs 32.1.2 say what each one does.
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Keyword {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Keyword {
            /// Every option there is.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The option's name in a connection string.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The environment variable that gives the option when nothing else does, if it has one.
            #[must_use]
            pub const fn variable(self) -> Option<&'static str> {
                match self { $(Self::$variant => $variable),* }
            }

            /// The option of this name; names are case-sensitive.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

keywords! {
    Service "service" Some("PGSERVICE");
    User "user" Some("PGUSER");
    Password "password" Some("PGPASSWORD");
    Passfile "passfile" Some("PGPASSFILE");
    ChannelBinding "channel_binding" Some("PGCHANNELBINDING");
    ConnectTimeout "connect_timeout" Some("PGCONNECT_TIMEOUT");
    Dbname "dbname" Some("PGDATABASE");
    Host "host" Some("PGHOST");
    Hostaddr "hostaddr" Some("PGHOSTADDR");
    Port "port" Some("PGPORT");
    ClientEncoding "client_encoding" Some("PGCLIENTENCODING");
    Options "options" Some("PGOPTIONS");
    ApplicationName "application_name" Some("PGAPPNAME");
    FallbackApplicationName "fallback_application_name" None;
    Keepalives "keepalives" None;
    KeepalivesIdle "keepalives_idle" None;
    KeepalivesInterval "keepalives_interval" None;
    KeepalivesCount "keepalives_count" None;
    TcpUserTimeout "tcp_user_timeout" None;
    SslMode "sslmode" Some("PGSSLMODE");
    SslNegotiation "sslnegotiation" Some("PGSSLNEGOTIATION");
    SslCompression "sslcompression" Some("PGSSLCOMPRESSION");
    SslCert "sslcert" Some("PGSSLCERT");
    SslKey "sslkey" Some("PGSSLKEY");
    SslCertMode "sslcertmode" Some("PGSSLCERTMODE");
    SslPassword "sslpassword" None;
    SslRootCert "sslrootcert" Some("PGSSLROOTCERT");
    SslCrl "sslcrl" Some("PGSSLCRL");
    SslCrlDir "sslcrldir" Some("PGSSLCRLDIR");
    SslSni "sslsni" Some("PGSSLSNI");
    RequirePeer "requirepeer" Some("PGREQUIREPEER");
    RequireAuth "require_auth" Some("PGREQUIREAUTH");
    MinProtocolVersion "min_protocol_version" Some("PGMINPROTOCOLVERSION");
    MaxProtocolVersion "max_protocol_version" Some("PGMAXPROTOCOLVERSION");
    SslMinProtocolVersion "ssl_min_protocol_version" Some("PGSSLMINPROTOCOLVERSION");
    SslMaxProtocolVersion "ssl_max_protocol_version" Some("PGSSLMAXPROTOCOLVERSION");
    GssEncMode "gssencmode" Some("PGGSSENCMODE");
    KrbSrvName "krbsrvname" Some("PGKRBSRVNAME");
    GssLib "gsslib" Some("PGGSSLIB");
    GssDelegation "gssdelegation" Some("PGGSSDELEGATION");
    Replication "replication" None;
    TargetSessionAttrs "target_session_attrs" Some("PGTARGETSESSIONATTRS");
    LoadBalanceHosts "load_balance_hosts" Some("PGLOADBALANCEHOSTS");
    ScramClientKey "scram_client_key" None;
    ScramServerKey "scram_server_key" None;
    OauthIssuer "oauth_issuer" None;
    OauthClientId "oauth_client_id" None;
    OauthClientSecret "oauth_client_secret" None;
    OauthScope "oauth_scope" None;
    SslKeyLogFile "sslkeylogfile" None;
}

impl Keyword {
    /// Whether the option's value is kept out of `Debug`, `Display` and errors.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(
            self,
            Self::Password
                | Self::SslPassword
                | Self::ScramClientKey
                | Self::ScramServerKey
                | Self::OauthClientSecret
        )
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
