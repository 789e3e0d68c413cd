//! What the backend says: every answer, refused where it is not due.

use alloc::vec::Vec;

use super::phase::{Kind, Owed, Phase};
use super::{Connection, Misuse};
use crate::backend::{self, Report};
use crate::{Encode, EncodeError};

impl Connection {
    #[inline]
    pub(super) fn step(&mut self, kind: Kind) -> Result<(), Misuse> {
        self.position = self.position.after(kind)?;
        Ok(())
    }

    /// Steps, and encodes `message`; if that fails nothing has happened.
    #[inline]
    pub(super) fn emit(
        &mut self,
        kind: Kind,
        message: &impl Encode,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(kind)?;
        message.encode(output)?;
        self.position = next;
        Ok(())
    }

    /// ParameterStatus: at any time between messages.
    ///
    /// # Errors
    ///
    /// [`Misuse::Encode`] if a string holds a NUL byte; [`Misuse::OutOfOrder`] once the session is over.
    pub fn parameter_status(
        &mut self,
        name: &str,
        value: &str,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.open()?;
        backend::ParameterStatus {
            name: name.as_bytes(),
            value: value.as_bytes(),
        }
        .encode(output)?;
        Ok(())
    }

    /// BackendKeyData: once, before the first ReadyForQuery.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] after it; [`Misuse::Encode`] for a key outside 4–256 bytes.
    pub fn backend_key(
        &mut self,
        pid: i32,
        key: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        if self.position.phase != Phase::Opening {
            return Err(Misuse::OutOfOrder);
        }
        backend::BackendKeyData { pid, key }.encode(output)?;
        Ok(())
    }

    /// NoticeResponse: at any time between messages. Its severity should be one of a notice.
    ///
    /// # Errors
    ///
    /// As [`parameter_status`](Self::parameter_status).
    pub fn notice(&mut self, notice: &Report<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.open()?;
        notice.encode_notice(output)?;
        Ok(())
    }

    /// NotificationResponse: between transactions, never in the middle of one (rule AS-05).
    ///
    /// # Errors
    ///
    /// As [`parameter_status`](Self::parameter_status).
    pub fn notification(
        &mut self,
        pid: i32,
        channel: &str,
        payload: &str,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.open()?;
        backend::NotificationResponse {
            pid,
            channel: channel.as_bytes(),
            payload: payload.as_bytes(),
        }
        .encode(output)?;
        Ok(())
    }

    pub(super) fn open(&self) -> Result<(), Misuse> {
        match self.position.phase {
            Phase::Closed => Err(Misuse::OutOfOrder),
            _ => Ok(()),
        }
    }

    /// ParseComplete.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a Parse is to be answered.
    #[inline]
    pub fn parse_complete(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::ParseComplete, &backend::ParseComplete, output)
    }

    /// BindComplete.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a Bind is to be answered.
    #[inline]
    pub fn bind_complete(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::BindComplete, &backend::BindComplete, output)
    }

    /// CloseComplete.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a Close is to be answered.
    pub fn close_complete(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::CloseComplete, &backend::CloseComplete, output)
    }

    /// ParameterDescription.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless the Describe of a statement is to be answered; [`Misuse::Encode`] for more than
    /// 65,535 parameters.
    pub fn parameters(
        &mut self,
        types: impl ExactSizeIterator<Item = crate::Oid>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(Kind::ParameterDescription)?;
        backend::encode_parameter_description(types, output)?;
        self.position = next;
        Ok(())
    }

    /// RowDescription.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] in answer to Execute, which never sends one (rule EQ-12), and wherever rows are not
    /// described; [`Misuse::Encode`] for more than 65,535 columns or a NUL byte in a name.
    pub fn row_description<'f>(
        &mut self,
        columns: impl ExactSizeIterator<Item = backend::Field<'f>>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(Kind::RowDescription)?;
        backend::encode_row_description(columns, output)?;
        self.position = next;
        Ok(())
    }

    /// RowDescription, encoded before.
    ///
    /// # Errors
    ///
    /// As [`row_description`](Self::row_description).
    #[inline]
    pub fn described(
        &mut self,
        description: &backend::EncodedRowDescription,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(Kind::RowDescription, description, output)
    }

    /// NoData.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a Describe is to be answered.
    pub fn no_data(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::NoData, &backend::NoData, output)
    }

    /// Whether a DataRow may be sent now. Once it may, it may until the command completes, so a caller with many rows
    /// asks once.
    #[inline]
    #[must_use]
    pub fn allows_rows(&self) -> bool {
        self.position.phase == Phase::Ready
            && matches!(self.position.owed, Owed::Execution | Owed::Rows)
    }

    /// DataRow: values in the result's formats, `None` for NULL.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] where no rows are due; [`Misuse::Encode`] for more than 65,535 values or one that is over
    /// the limit of a message.
    #[inline]
    pub fn data_row<'v>(
        &mut self,
        values: impl ExactSizeIterator<Item = Option<&'v [u8]>>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(Kind::DataRow)?;
        let columns = u16::try_from(values.len()).map_err(|_| EncodeError::TooManyItems {
            limit: usize::from(u16::MAX),
        })?;
        let row = backend::DataRow::open(output, columns);
        for value in values {
            if let Err(error) = backend::encode_field(value, output) {
                row.abandon(output);
                return Err(error.into());
            }
        }
        row.close(output)?;
        self.position = next;
        Ok(())
    }

    /// CommandComplete with this tag.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a command is to be completed; [`Misuse::Encode`] if the tag holds a NUL byte.
    pub fn command_complete(&mut self, tag: &str, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(
            Kind::CommandComplete,
            &backend::CommandComplete {
                tag: tag.as_bytes(),
            },
            output,
        )
    }

    /// CommandComplete with a tag of a verb and a row count, such as `SELECT 5` (`INSERT 0` is the verb of inserts).
    ///
    /// # Errors
    ///
    /// As [`command_complete`](Self::command_complete).
    #[inline]
    pub fn rows_complete(
        &mut self,
        verb: &str,
        rows: u64,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(Kind::CommandComplete)?;
        backend::encode_tag(verb, rows, output)?;
        self.position = next;
        Ok(())
    }

    /// EmptyQueryResponse.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a command is to be completed.
    pub fn empty_query(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::EmptyQuery, &backend::EmptyQueryResponse, output)
    }

    /// PortalSuspended: the row limit of Execute was reached.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless an Execute is to be answered.
    pub fn portal_suspended(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::PortalSuspended, &backend::PortalSuspended, output)
    }

    /// FunctionCallResponse; `None` is NULL.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a FunctionCall is to be answered; [`Misuse::Encode`] for a value over the limit of
    /// a message.
    pub fn function_result(
        &mut self,
        value: Option<&[u8]>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(
            Kind::FunctionResult,
            &backend::FunctionCallResponse { value },
            output,
        )
    }
}
