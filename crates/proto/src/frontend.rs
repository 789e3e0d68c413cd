//! What a client sends (PostgreSQL docs 54.7, the messages marked F).

mod authentication_response;
mod bind;
mod cancel_request;
mod constant;
mod copy_data;
mod copy_done;
mod copy_fail;
mod encryption_request;
mod execute;
mod function_call;
mod message;
mod parse;
mod password_message;
mod query;
mod sasl;
mod startup;
mod startup_packet;
mod target;

pub use authentication_response::{AuthenticationResponse, GssResponse};
pub use bind::Bind;
pub use cancel_request::CancelRequest;
pub use constant::{Flush, Sync, Terminate};
pub use copy_data::CopyData;
pub use copy_done::CopyDone;
pub use copy_fail::CopyFail;
pub use encryption_request::{GssEncRequest, SslRequest};
pub use execute::Execute;
pub use function_call::FunctionCall;
pub use message::Message;
pub use parse::Parse;
pub use password_message::PasswordMessage;
pub use query::Query;
pub use sasl::{SaslInitialResponse, SaslResponse};
pub use startup::{Parameters, ParametersIter, ProtocolVersion, Startup};
pub use startup_packet::StartupPacket;
pub use target::{Close, Describe, Target};
