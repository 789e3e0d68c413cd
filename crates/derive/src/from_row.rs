//! `#[derive(FromRow)]`.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, FieldsNamed, FieldsUnnamed, Generics, Lifetime, Result};

use crate::attributes::{Container, Field};
use crate::{bounds, path};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        let message = "a row has one shape: FromRow is for structs";
        return Err(syn::Error::new_spanned(&input.ident, message));
    };
    let container = Container::parse(&input.attrs, "from_row")?;
    let (lifetime, generics) = bounds::borrowing(&input.generics)?;
    let derived = Derived {
        input,
        krate: container
            .krate
            .as_ref()
            .map_or_else(path::client, |krate| krate.to_token_stream()),
        lifetime,
        generics,
    };
    match &data.fields {
        Fields::Named(fields) => derived.named(fields, &container),
        Fields::Unnamed(fields) => derived.unnamed(fields),
        Fields::Unit => {
            let message = "a struct without fields takes nothing of a row: a row that does not matter is a `Row`";
            Err(syn::Error::new_spanned(&input.ident, message))
        }
    }
}

struct Derived<'a> {
    input: &'a DeriveInput,
    krate: TokenStream,
    /// Of the row.
    lifetime: Lifetime,
    /// Of the implementations.
    generics: Generics,
}

/// What is written for a field: a check, and the expression that reads it.
struct Written {
    check: TokenStream,
    read: TokenStream,
}

impl Derived<'_> {
    fn named(mut self, fields: &FieldsNamed, container: &Container) -> Result<TokenStream> {
        let mut checks = vec![];
        let mut reads = vec![];
        let mut names = HashSet::new();
        let mut order = vec![];
        // Whether every column is certain to be asked for.
        let mut has_order = true;
        for field in &fields.named {
            let attributes = Field::parse(&field.attrs)?;
            let Some(ident) = &field.ident else { continue };
            let name = match &attributes.rename {
                Some(rename) => rename.value(),
                None => {
                    let name = ident.unraw().to_string();
                    container
                        .rename_all
                        .map_or_else(|| name.clone(), |case| case.apply(&name))
                }
            };
            let has_column = !attributes.skip && !attributes.flatten;
            if has_column && !names.insert(name.clone()) {
                let message = format!("two fields take column \"{name}\"");
                return Err(syn::Error::new_spanned(field, message));
            }
            has_order &= !attributes.flatten && !attributes.default;
            if has_column {
                order.push(name.clone());
            }
            let Written { check, read } = self.field(&field.ty, &attributes, Some(&name));
            checks.push(check);
            reads.push(quote!(#ident: #read));
        }
        let Self {
            krate, lifetime, ..
        } = &self;
        let columns = self.implement(
            &quote!(#krate::__private::FromColumns<#lifetime>),
            &quote! {
                fn check(columns: &mut #krate::__private::ColumnCheck<'_>) -> #krate::Result<()> {
                    #(#checks)*
                    ::core::result::Result::Ok(())
                }

                fn from_columns(
                    cursor: &mut #krate::__private::Cursor<#lifetime>,
                ) -> #krate::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#reads),* })
                }
            },
        );
        // Rows whose columns are in this order, as most are, are read without a look at the names.
        let in_order = (has_order && !order.is_empty()).then(|| {
            quote! {
                if let ::core::option::Option::Some(mut cursor) =
                    #krate::__private::InOrder::new(row, {
                        const NAMES: &[&str] = &[#(#order),*];
                        &NAMES
                    })
                {
                    return ::core::result::Result::Ok(Self { #(#reads),* });
                }
            }
        });
        let row = self.implement(
            &quote!(#krate::FromRow<#lifetime>),
            &quote! {
                fn check(columns: &#krate::Columns) -> #krate::Result<()> {
                    <Self as #krate::__private::FromColumns<#lifetime>>::check(
                        &mut #krate::__private::ColumnCheck::new(columns),
                    )
                }

                #[inline]
                fn from_row(row: #krate::Row<#lifetime>) -> #krate::Result<Self> {
                    #in_order
                    <Self as #krate::__private::FromColumns<#lifetime>>::from_columns(
                        &mut #krate::__private::Cursor::new(row),
                    )
                }
            },
        );
        Ok(quote!(#columns #row))
    }

    fn unnamed(mut self, fields: &FieldsUnnamed) -> Result<TokenStream> {
        let mut checks = vec![];
        let mut reads = vec![];
        let mut count = 0usize;
        for field in &fields.unnamed {
            let attributes = Field::parse(&field.attrs)?;
            if attributes.rename.is_some() || attributes.default || attributes.flatten {
                let message = "the fields of a tuple struct take the columns in their order: there are only skip and try_from";
                return Err(syn::Error::new_spanned(field, message));
            }
            count += usize::from(!attributes.skip);
            let Written { check, read } = self.field(&field.ty, &attributes, None);
            checks.push(check);
            reads.push(read);
        }
        let Self {
            krate, lifetime, ..
        } = &self;
        Ok(self.implement(
            &quote!(#krate::FromRow<#lifetime>),
            &quote! {
                fn check(columns: &#krate::Columns) -> #krate::Result<()> {
                    let columns = &mut #krate::__private::ColumnCheck::new(columns);
                    columns.count(#count)?;
                    #(#checks)*
                    ::core::result::Result::Ok(())
                }

                #[inline]
                fn from_row(row: #krate::Row<#lifetime>) -> #krate::Result<Self> {
                    let cursor = &mut #krate::__private::Cursor::new(row);
                    ::core::result::Result::Ok(Self(#(#reads),*))
                }
            },
        ))
    }

    /// `name` is the column's, or none for the next column. Errors point to the field's type, which they are about.
    fn field(&mut self, ty: &syn::Type, attributes: &Field, name: Option<&str>) -> Written {
        let krate = &self.krate;
        let lifetime = &self.lifetime;
        let span = path::at(ty);
        if attributes.skip {
            bounds::require(&mut self.generics, ty, &quote!(::core::default::Default));
            return Written {
                check: TokenStream::new(),
                read: quote_spanned!(span=> <#ty as ::core::default::Default>::default()),
            };
        }
        if attributes.flatten {
            let of = quote_spanned!(span=> #krate::__private::FromColumns<#lifetime>);
            bounds::require(&mut self.generics, ty, &of);
            return Written {
                check: quote_spanned!(span=> <#ty as #of>::check(columns)?;),
                read: quote_spanned!(span=> <#ty as #of>::from_columns(cursor)?),
            };
        }
        let read_as = attributes.try_from.as_ref().unwrap_or(ty);
        let decode = quote!(#krate::__private::Decode<#lifetime>);
        bounds::require(&mut self.generics, read_as, &decode);
        if let (Some(name), true) = (name, attributes.default) {
            bounds::require(&mut self.generics, ty, &quote!(::core::default::Default));
            let value = match &attributes.try_from {
                None => quote!(value),
                Some(_) => quote_spanned!(span=> cursor.convert::<_, #ty>(value)?),
            };
            return Written {
                check: quote_spanned!(span=> columns.named_if_any::<#read_as>(#name)?;),
                read: quote_spanned!(span=> match cursor.named_if_any::<#read_as>(#name)? {
                    ::core::option::Option::Some(value) => #value,
                    ::core::option::Option::None => <#ty as ::core::default::Default>::default(),
                }),
            };
        }
        let (check, read) = match name {
            Some(name) => (
                quote_spanned!(span=> columns.named::<#read_as>(#name)?;),
                quote_spanned!(span=> cursor.named::<#read_as>(#name)?),
            ),
            None => (
                quote_spanned!(span=> columns.following::<#read_as>()?;),
                quote_spanned!(span=> cursor.following::<#read_as>()?),
            ),
        };
        let read = match &attributes.try_from {
            None => read,
            Some(_) => quote_spanned!(span=> {
                let value = #read;
                cursor.convert::<_, #ty>(value)?
            }),
        };
        Written { check, read }
    }

    fn implement(&self, of: &TokenStream, items: &TokenStream) -> TokenStream {
        let Self {
            input, generics, ..
        } = self;
        bounds::implement(of, &input.ident, &input.generics, generics, items)
    }
}
