//! What a server sends (PostgreSQL docs 54.7, the messages marked B).

mod authentication;
mod backend_key_data;
mod command_complete;
mod constant;
mod copy_response;
mod data_row;
mod error_response;
mod fields;
mod function_call_response;
mod message;
mod negotiate_protocol_version;
mod notification_response;
mod parameter_description;
mod parameter_status;
mod ready_for_query;
mod report;
mod row_description;

pub use crate::frontend::{CopyData, CopyDone};
pub use authentication::Authentication;
pub use backend_key_data::BackendKeyData;
pub use command_complete::{CommandComplete, encode_tag};
pub use constant::{
    BindComplete, CloseComplete, EmptyQueryResponse, NoData, ParseComplete, PortalSuspended,
};
pub use copy_response::{CopyBothResponse, CopyInResponse, CopyOutResponse};
pub use data_row::{DataRow, OpenRow, encode_field};
pub use error_response::{ErrorResponse, NoticeResponse};
pub use fields::{Fields, FieldsIter, code};
pub use function_call_response::FunctionCallResponse;
pub use message::Message;
pub use negotiate_protocol_version::NegotiateProtocolVersion;
pub use notification_response::NotificationResponse;
pub use parameter_description::{ParameterDescription, encode_parameter_description};
pub use parameter_status::ParameterStatus;
pub use ready_for_query::{ReadyForQuery, TransactionStatus};
pub use report::{Report, Severity};
pub use row_description::{
    EncodedRowDescription, Field, FieldList, FieldListIter, RowDescription, encode_row_description,
};
