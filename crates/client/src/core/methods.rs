//! What every session driven by hand has, whoever waits for it: what is known of it, and its requests.

/// The methods of a type with a field `core`, a [`Core`](crate::core::Core), that never wait.
macro_rules! methods {
    ($connection:ident) => {
        /// What is known of the session.
        impl $connection {
            /// A parameter that the server reports, such as `server_version` or `TimeZone`, with its present value.
            #[must_use]
            pub fn parameter(&self, name: &str) -> Option<&str> {
                self.core.parameters.get(name)
            }

            /// All parameters that the server reports, by name.
            pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
                self.core.parameters.iter()
            }

            /// What the server had to say during the login. Later notices come as [`Event::Notice`].
            #[must_use]
            pub fn login_notices(&self) -> &[$crate::Notice] {
                &self.core.notices
            }

            /// Where the transaction stood at the last [`Event::Ready`].
            #[must_use]
            pub const fn transaction_status(&self) -> TransactionStatus {
                self.core.machine.status()
            }

            /// The protocol version that is spoken.
            #[must_use]
            pub const fn protocol_version(&self) -> ProtocolVersion {
                self.core.machine.version()
            }

            /// Whether everything that is sent is encrypted.
            #[must_use]
            pub const fn is_encrypted(&self) -> bool {
                self.core.channel.stream.is_encrypted()
            }

            /// Whether the session is over.
            #[must_use]
            pub const fn is_closed(&self) -> bool {
                self.core.machine.is_closed()
            }

            /// Requests that are not answered yet.
            #[must_use]
            pub fn unanswered(&self) -> usize {
                self.core.machine.unanswered()
            }

            /// Whether the server waits for our COPY data.
            #[must_use]
            pub const fn wants_data(&self) -> bool {
                self.core.machine.wants_data()
            }

            /// Whether a request of a series failed, so that [`sync`](Self::sync) is due before anything else.
            #[must_use]
            pub const fn is_skipping(&self) -> bool {
                self.core.machine.is_skipping()
            }
        }

        /// The requests. Each goes to the output, to be sent by [`next`](Self::next) or [`send`](Self::send).
        ///
        /// All fail alike: where the protocol does not allow the request, or where it cannot be encoded; nothing of it is then in the output.
        impl $connection {
            /// Simple query: SQL with any number of statements.
            ///
            /// # Errors
            ///
            /// Misuse; so for all that follow.
            pub fn query(&mut self, sql: &str) -> $crate::Result<()> {
                Ok(self
                    .core
                    .machine
                    .query(sql.as_bytes(), &mut self.core.channel.output)?)
            }

            /// Prepares a statement. `types`: those of the first parameters, 0 for what the server shall infer.
            ///
            /// # Errors
            ///
            /// Misuse.
            pub fn parse(
                &mut self,
                statement: StatementName<'_>,
                sql: &str,
                types: &[Oid],
            ) -> $crate::Result<()> {
                let parse = Parse {
                    statement,
                    sql: sql.as_bytes(),
                    types: Oids::from(types),
                };
                Ok(self
                    .core
                    .machine
                    .parse(&parse, &mut self.core.channel.output)?)
            }

            /// Makes a portal from a statement and its parameters.
            ///
            /// # Errors
            ///
            /// Misuse.
            #[inline]
            pub fn bind(&mut self, bind: &Bind<'_>) -> $crate::Result<()> {
                Ok(self
                    .core
                    .machine
                    .bind(bind, &mut self.core.channel.output)?)
            }

            /// Makes a portal from a statement and Rust values: `types` are those of the first parameters, as the statement's description has
            /// them, and what is not said there is left to the server. Values of a known type go in binary, others in text; the formats are
            /// written as short as can be. `results`: the formats of the columns, none for text, one for all, or one each.
            ///
            /// ```no_run
            /// # use trunkline_client::{Connection, Result};
            /// # use trunkline_proto::{Format, PortalName, StatementName};
            /// # use trunkline_types::Type;
            /// # fn example(connection: &mut Connection) -> Result<()> {
            /// let (portal, statement) = (PortalName::UNNAMED, StatementName::UNNAMED);
            /// connection.parse(statement, "select $1::int8 + 1, $2", &[])?;
            /// let types = [Type::INT8, Type::TEXT];
            /// connection.bind_values(portal, statement, &types, (41i64, "Ada"), &[Format::Binary])?;
            /// connection.execute(portal, 0)?;
            /// connection.sync()
            /// # }
            /// ```
            ///
            /// # Errors
            ///
            /// Misuse; a value that does not go with its type, or has no form in it; fewer values than types.
            #[inline]
            pub fn bind_values(
                &mut self,
                portal: PortalName<'_>,
                statement: StatementName<'_>,
                types: &[Type],
                params: impl Params,
                results: &[Format],
            ) -> $crate::Result<()> {
                let binding = Binding {
                    portal,
                    statement,
                    types: ParamTypes::First(types),
                    format: Format::Binary,
                    results,
                };
                self.core
                    .machine
                    .bind_with(&mut self.core.channel.output, |output| {
                        crate::row::bind(&binding, &params, output)
                    })
            }

            /// Asks what a statement or a portal looks like.
            ///
            /// # Errors
            ///
            /// Misuse.
            pub fn describe(&mut self, target: Target<'_>) -> $crate::Result<()> {
                Ok(self
                    .core
                    .machine
                    .describe(target, &mut self.core.channel.output)?)
            }

            /// Runs a portal up to `max_rows` rows; 0: all of them.
            ///
            /// # Errors
            ///
            /// Misuse.
            #[inline]
            pub fn execute(&mut self, portal: PortalName<'_>, max_rows: i32) -> $crate::Result<()> {
                Ok(self
                    .core
                    .machine
                    .execute(portal, max_rows, &mut self.core.channel.output)?)
            }

            /// Drops a statement or a portal.
            ///
            /// # Errors
            ///
            /// Misuse.
            pub fn close(&mut self, target: Target<'_>) -> $crate::Result<()> {
                Ok(self
                    .core
                    .machine
                    .close(target, &mut self.core.channel.output)?)
            }

            /// Ends a series of extended requests.
            ///
            /// # Errors
            ///
            /// Misuse.
            #[inline]
            pub fn sync(&mut self) -> $crate::Result<()> {
                Ok(self.core.machine.sync(&mut self.core.channel.output)?)
            }

            /// Asks the server to send what it has, without ending the series.
            ///
            /// # Errors
            ///
            /// Misuse.
            pub fn flush(&mut self) -> $crate::Result<()> {
                Ok(self.core.machine.flush(&mut self.core.channel.output)?)
            }

            /// Calls a function by its OID.
            ///
            /// # Errors
            ///
            /// Misuse.
            pub fn function_call(&mut self, call: &FunctionCall<'_>) -> $crate::Result<()> {
                Ok(self
                    .core
                    .machine
                    .function_call(call, &mut self.core.channel.output)?)
            }

            /// A piece of COPY data, after [`Event::CopyIn`]. The output grows with it: [`send`](Self::send) now and then.
            ///
            /// # Errors
            ///
            /// Misuse, also when the server has given the COPY up.
            #[inline]
            pub fn copy_data(&mut self, data: &[u8]) -> $crate::Result<()> {
                Ok(self
                    .core
                    .machine
                    .copy_data(data, &mut self.core.channel.output)?)
            }

            /// The end of our COPY data. After an Execute [`sync`](Self::sync) is due as well.
            ///
            /// # Errors
            ///
            /// Misuse.
            pub fn copy_done(&mut self) -> $crate::Result<()> {
                Ok(self.core.machine.copy_done(&mut self.core.channel.output)?)
            }

            /// Gives a COPY up; the server's error has `reason` in it.
            ///
            /// # Errors
            ///
            /// Misuse.
            pub fn copy_fail(&mut self, reason: &str) -> $crate::Result<()> {
                Ok(self
                    .core
                    .machine
                    .copy_fail(reason.as_bytes(), &mut self.core.channel.output)?)
            }
        }

        impl ::std::fmt::Debug for $connection {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($connection))
                    .field("machine", &self.core.machine)
                    .field("channel", &self.core.channel)
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use methods;
