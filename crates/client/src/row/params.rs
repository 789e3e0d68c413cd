//! The values for `$1`, `$2`, …

use trunkline_types::EncodeRow;

/// The parameters of a statement: `()`, a tuple of up to 16 values, an array, slice or vector of one type, a struct with
/// `#[derive(types::EncodeRow)]`, or, where neither number nor types are known before, `&[&dyn AnyValue]`.
///
/// ```
/// # use trunkline_client::Params;
/// # use trunkline_types::AnyValue;
/// fn takes(_: impl Params) {}
///
/// takes(());
/// takes((1i64, "Ada", None::<&str>));
/// takes([1i32, 2, 3]);
/// let mixed: Vec<&dyn AnyValue> = vec![&1i64, &"Ada"];
/// takes(&mixed);
/// ```
///
/// Where the types of the parameters are known, the values are held against them and are sent in binary, all but those whose binary
/// form has OIDs of one database in it, and text for a type that is not built in. Where a type is left open, the value is sent as text, and the server makes of it what the
/// statement asks for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no parameters",
    note = "one parameter is a tuple with a comma: `(value,)`; none are `()`",
    note = "each value must implement `Encode`: integers, floats, `&str`, `String`, `bool`, `Option<_>`, …"
)]
pub trait Params: EncodeRow {}

impl<R: EncodeRow + ?Sized> Params for R {}
