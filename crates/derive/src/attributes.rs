//! What stands in `#[from_row(…)]`.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitStr, Path, Result, Type};

use crate::case::Case;

/// On a struct.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) rename_all: Option<Case>,
    /// Where the crate is.
    pub(crate) krate: Option<Path>,
}

/// On a field.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) rename: Option<LitStr>,
    pub(crate) default: bool,
    pub(crate) skip: bool,
    pub(crate) flatten: bool,
    pub(crate) try_from: Option<Type>,
}

impl Container {
    pub(crate) fn parse(attributes: &[Attribute], name: &str) -> Result<Self> {
        let mut container = Self::default();
        each(attributes, name, |meta| {
            if meta.path.is_ident("rename_all") {
                container.rename_all = Some(Case::from_literal(&meta.value()?.parse()?)?);
            } else if meta.path.is_ident("crate") {
                container.krate = Some(meta.value()?.parse::<LitStr>()?.parse()?);
            } else {
                return Err(meta.error("on the type there are rename_all and crate"));
            }
            Ok(())
        })?;
        Ok(container)
    }
}

impl Field {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut field = Self::default();
        each(attributes, "from_row", |meta| {
            if meta.path.is_ident("rename") {
                field.rename = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("default") {
                field.default = true;
            } else if meta.path.is_ident("skip") {
                field.skip = true;
            } else if meta.path.is_ident("flatten") {
                field.flatten = true;
            } else if meta.path.is_ident("try_from") {
                field.try_from = Some(meta.value()?.parse::<LitStr>()?.parse()?);
            } else {
                return Err(
                    meta.error("on a field there are rename, default, skip, flatten and try_from")
                );
            }
            if (field.skip || field.flatten)
                && (field.rename.is_some() || field.default || field.try_from.is_some())
                || field.skip && field.flatten
            {
                return Err(meta.error(
                    "a field that is skipped or flattened has no column of its own to say this of",
                ));
            }
            Ok(())
        })?;
        Ok(field)
    }
}

/// Every item of the attributes of this name.
pub(crate) fn each(
    attributes: &[Attribute],
    name: &str,
    mut item: impl FnMut(ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(name))
        .try_for_each(|attribute| attribute.parse_nested_meta(&mut item))
}
