//! Several requests in one round trip.

use std::marker::PhantomData;

use super::Client;
use crate::client::{self, All, Count, One, Opt, ReplyKind, Source};
use crate::net::blocking::block_on;
use crate::{FromRowOwned, Params, Result};

/// Requests that are sent together, and run one after the other as one transaction (unless one is open): if one fails, those after it are
/// not run, and those before it are undone.
///
/// Each request gives a reply, to be waited for after [`sync`](Self::sync), in any order. SQL is run as in
/// [`Mode::Unnamed`](crate::Mode::Unnamed), with its parameters as text; a [`Statement`](crate::Statement) as what it is.
///
/// Dropped without `sync`, nothing was sent.
#[derive(Debug)]
#[must_use = "nothing is sent before `sync`"]
pub struct Pipeline<'c> {
    pipeline: client::Pipeline<'c>,
    client: PhantomData<&'c Client>,
}

impl<'c> Pipeline<'c> {
    pub(super) const fn new(pipeline: client::Pipeline<'c>) -> Self {
        Self {
            pipeline,
            client: PhantomData,
        }
    }

    /// A statement whose reply is exactly one row.
    ///
    /// What is wrong with the parameters is said by [`sync`](Self::sync), which then sends nothing.
    pub fn one<'a, T: FromRowOwned>(
        &mut self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Reply<'c, One<T>> {
        Reply::new(self.pipeline.one(source, params))
    }

    /// A statement whose reply is a row or none.
    pub fn opt<'a, T: FromRowOwned>(
        &mut self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Reply<'c, Opt<T>> {
        Reply::new(self.pipeline.opt(source, params))
    }

    /// A statement whose reply is all its rows. They are kept in memory until they are asked for.
    pub fn all<'a, T: FromRowOwned>(
        &mut self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Reply<'c, All<T>> {
        Reply::new(self.pipeline.all(source, params))
    }

    /// A statement whose reply is how many rows it has touched.
    pub fn execute<'a>(
        &mut self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Reply<'c, Count> {
        Reply::new(self.pipeline.execute(source, params))
    }

    /// Requests so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.pipeline.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pipeline.is_empty()
    }

    /// Sends the requests. It does not wait for the replies: each waits for its own.
    ///
    /// # Errors
    ///
    /// The parameters of a request do not go with it; the connection was lost. Nothing was sent then.
    pub fn sync(self) -> Result<()> {
        block_on(self.pipeline.sync())
    }
}

/// The reply to a request of a [`Pipeline`].
///
/// Dropped, the reply is passed over; the request is run all the same.
#[derive(Debug)]
#[must_use = "the reply says whether the request was run"]
pub struct Reply<'c, K> {
    reply: client::Reply<K>,
    client: PhantomData<&'c Client>,
}

impl<K: ReplyKind> Reply<'_, K> {
    const fn new(reply: client::Reply<K>) -> Self {
        Self {
            reply,
            client: PhantomData,
        }
    }

    /// Waits for it.
    ///
    /// # Errors
    ///
    /// The request failed, or one before it in the pipeline; the reply is not of the shape that was asked for; the pipeline was not sent;
    /// the connection was lost.
    pub fn wait(self) -> Result<K::Output> {
        block_on(self.reply)
    }
}
