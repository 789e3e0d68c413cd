//! A statement of the session's runs to its end: one way, whichever message asks for it. (Portals that stop half-way are
//! `resume`'s.)

use super::{Core, Failure};
use crate::formats::Formats;
use crate::params::Params;
use crate::prepared::Flow;
use crate::{Columns, Session, Tag};

/// A statement that is to run.
pub(super) struct Work<'w, S: Session> {
    pub(super) statement: &'w S::Statement,
    pub(super) params: Params<'w>,
    pub(super) columns: &'w Columns,
    pub(super) formats: &'w Formats,
    /// RowDescription goes before the rows: in a Query.
    pub(super) described: bool,
}

/// Runs a statement of rows, or of nothing but a tag, on the parts of a `Core` that it needs; others may be borrowed. As an
/// `async fn` it would be a future within a future, which costs a hundred instructions.
macro_rules! run {
    ($work:expr, $deadline:expr, $session:expr, $reply:expr, $outside:expr, $shared:expr) => {{
        let work = $work;
        $reply.begin(work.columns, work.formats, work.described);
        $reply.wire().ensure_buffer();
        $shared.begin_step();
        let done = {
            let running = $session.execute(work.statement, work.params, $reply);
            let running = std::pin::pin!(running);
            $outside
                .attend_pinned($shared, $deadline, $session, running)
                .await
        };
        match done {
            Ok(run) => $reply.conclude(run).map_err(Failure::from),
            Err(interruption) => Err(Failure::from(interruption)),
        }
    }};
}
pub(super) use run;

impl<S: Session> Core<'_, S> {
    /// Runs a statement, whatever flows. `rest` is what came behind the request: data of a COPY, perhaps.
    pub(super) async fn run(
        &mut self,
        flow: Flow,
        work: Work<'_, S>,
        rest: &mut &[u8],
    ) -> Result<Tag, Failure> {
        if flow != Flow::Rows {
            // Boxed, because its size would otherwise be that of every idle session.
            let copy = Box::pin(self.copy(flow, work.statement, work.params, rest));
            return Ok(copy.await??);
        }
        let deadline = self.deadline();
        let Self {
            session,
            reply,
            outside,
            shared,
            ..
        } = self;
        let tag = run!(work, deadline, *session, reply, outside, shared)?;
        reply.finish_description()?;
        Ok(tag)
    }
}
