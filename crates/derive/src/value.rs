//! `#[derive(Encode, Decode)]`.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Data, DataEnum, DeriveInput, Fields, Generics, Ident, Index, LitStr, Member, Result};

use crate::attributes::{self, Container};
use crate::{bounds, path};

pub(crate) fn encode(input: &DeriveInput) -> Result<TokenStream> {
    let value = Value::of(input)?;
    let types = &value.types;
    let mut generics = input.generics.clone();
    let items = match &value.shape {
        Shape::Enum(labels) => encode_enum(types, labels),
        Shape::Domain(field) => {
            bounds::require(&mut generics, field.ty, &quote!(#types::Encode));
            encode_domain(types, field)
        }
        Shape::Composite(fields) => {
            for field in fields {
                bounds::require(&mut generics, field.ty, &quote!(#types::Encode));
            }
            encode_composite(types, fields)
        }
    };
    let of = quote!(#types::Encode);
    Ok(value.implement(&of, &generics, &items))
}

pub(crate) fn decode(input: &DeriveInput) -> Result<TokenStream> {
    let value = Value::of(input)?;
    let types = &value.types;
    let (lifetime, mut generics) = bounds::borrowing(&input.generics)?;
    let of = quote!(#types::Decode<#lifetime>);
    let raw = quote!(&#lifetime [u8]);
    let items = match &value.shape {
        Shape::Enum(labels) => decode_enum(types, labels, &input.ident, &raw),
        Shape::Domain(field) => {
            bounds::require(&mut generics, field.ty, &of);
            decode_domain(types, field, &of, &raw)
        }
        Shape::Composite(fields) => {
            if let Some(own) = input.generics.lifetimes().next() {
                let message = "a composite owns its fields, since in text they may be escaped: use String or Vec<u8>";
                return Err(syn::Error::new_spanned(own, message));
            }
            for field in fields {
                bounds::require(&mut generics, field.ty, &quote!(#types::DecodeOwned));
            }
            decode_composite(types, fields, &raw)
        }
    };
    Ok(value.implement(&of, &generics, &items))
}

/// A type and what it is in PostgreSQL.
struct Value<'a> {
    input: &'a DeriveInput,
    /// The crate.
    types: TokenStream,
    shape: Shape<'a>,
}

enum Shape<'a> {
    Enum(Vec<Label<'a>>),
    Domain(Field<'a>),
    Composite(Vec<Field<'a>>),
}

struct Label<'a> {
    variant: &'a Ident,
    label: String,
}

struct Field<'a> {
    member: Member,
    ty: &'a syn::Type,
}

impl<'a> Value<'a> {
    fn of(input: &'a DeriveInput) -> Result<Self> {
        let container = Container::parse(&input.attrs, "value")?;
        let shape = match &input.data {
            Data::Enum(data) => Shape::Enum(labels(data, &container)?),
            Data::Struct(data) => {
                if container.rename_all.is_some() {
                    let message = "the fields of a composite are in their order, whatever they are called: rename_all is for enums";
                    return Err(syn::Error::new_spanned(&input.ident, message));
                }
                let fields = fields(&data.fields)?;
                match (&data.fields, <[Field<'_>; 1]>::try_from(fields)) {
                    (Fields::Unnamed(_), Ok([field])) => Shape::Domain(field),
                    (_, Ok([field])) => Shape::Composite(vec![field]),
                    (_, Err(fields)) if fields.is_empty() => {
                        let message =
                            "a struct without fields is no value: PostgreSQL's unit is NULL";
                        return Err(syn::Error::new_spanned(&input.ident, message));
                    }
                    (_, Err(fields)) => Shape::Composite(fields),
                }
            }
            Data::Union(_) => {
                let message =
                    "a union does not say which of its fields holds: use an enum or a struct";
                return Err(syn::Error::new_spanned(&input.ident, message));
            }
        };
        Ok(Self {
            input,
            types: container
                .krate
                .map_or_else(path::types, |krate| krate.to_token_stream()),
            shape,
        })
    }

    fn implement(&self, of: &TokenStream, generics: &Generics, items: &TokenStream) -> TokenStream {
        bounds::implement(of, &self.input.ident, &self.input.generics, generics, items)
    }
}

fn labels<'a>(data: &'a DataEnum, container: &Container) -> Result<Vec<Label<'a>>> {
    let mut seen = HashSet::new();
    let mut labels = vec![];
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            let message = "a PostgreSQL enum is a list of labels: its variants have no data";
            return Err(syn::Error::new_spanned(variant, message));
        }
        let mut rename: Option<LitStr> = None;
        attributes::each(&variant.attrs, "value", |meta| {
            if !meta.path.is_ident("rename") {
                return Err(meta.error("on a variant there is rename"));
            }
            rename = Some(meta.value()?.parse()?);
            Ok(())
        })?;
        let name = variant.ident.unraw().to_string();
        let label = match (rename, container.rename_all) {
            (Some(rename), _) => rename.value(),
            (None, Some(case)) => case.apply(&name),
            (None, None) => name,
        };
        if !seen.insert(label.clone()) {
            let message = format!("two variants have the label \"{label}\"");
            return Err(syn::Error::new_spanned(variant, message));
        }
        labels.push(Label {
            variant: &variant.ident,
            label,
        });
    }
    Ok(labels)
}

fn fields(fields: &Fields) -> Result<Vec<Field<'_>>> {
    let mut found = vec![];
    for (index, field) in fields.iter().enumerate() {
        attributes::each(&field.attrs, "value", |meta| {
            Err(meta.error("the fields of a composite are in their order, whatever they are called: there is nothing to say of one"))
        })?;
        let member = match &field.ident {
            Some(ident) => Member::Named(ident.clone()),
            None => Member::Unnamed(Index::from(index)),
        };
        found.push(Field {
            member,
            ty: &field.ty,
        });
    }
    Ok(found)
}

fn encode_enum(types: &TokenStream, labels: &[Label<'_>]) -> TokenStream {
    let arms: Vec<_> = labels
        .iter()
        .map(|Label { variant, label }| quote!(Self::#variant => #label,))
        .collect();
    let write = |method: TokenStream| {
        quote! {
            fn #method(
                &self,
                ty: #types::Type,
                out: &mut #types::__private::Vec<u8>,
            ) -> ::core::result::Result<(), #types::EncodeError> {
                let label: &str = match *self { #(#arms)* };
                <&str as #types::Encode>::#method(&label, ty, out)
            }
        }
    };
    let (text, binary) = (write(quote!(encode_text)), write(quote!(encode_binary)));
    quote! {
        fn accepts(ty: #types::Type) -> bool {
            #types::__private::is_enum(ty)
        }

        #text
        #binary
    }
}

fn decode_enum(
    types: &TokenStream,
    labels: &[Label<'_>],
    name: &Ident,
    raw: &TokenStream,
) -> TokenStream {
    let name = name.unraw().to_string();
    let arms: Vec<_> = labels
        .iter()
        .map(|Label { variant, label }| {
            quote!(#label => ::core::result::Result::Ok(Self::#variant),)
        })
        .collect();
    let read = |method: TokenStream| {
        quote! {
            fn #method(
                ty: #types::Type,
                raw: #raw,
            ) -> ::core::result::Result<Self, #types::DecodeError> {
                match <&str as #types::Decode<'_>>::#method(ty, raw)? {
                    #(#arms)*
                    _ => ::core::result::Result::Err(#types::DecodeError::text(
                        ty,
                        #types::Fault::Label(#name),
                        raw,
                    )),
                }
            }
        }
    };
    let (text, binary) = (read(quote!(from_text)), read(quote!(from_binary)));
    quote! {
        fn accepts(ty: #types::Type) -> bool {
            #types::__private::is_enum(ty)
        }

        #text
        #binary
    }
}

/// All but `accepts` is the field's.
fn encode_domain(types: &TokenStream, Field { member, ty }: &Field<'_>) -> TokenStream {
    let inner = quote_spanned!(path::at(ty)=> <#ty as #types::Encode>);
    let write = ["encode_text", "encode_binary", "field_text", "field_binary"].map(|method| {
        let method = Ident::new(method, proc_macro2::Span::call_site());
        quote! {
            #[inline]
            fn #method(
                &self,
                ty: #types::Type,
                out: &mut #types::__private::Vec<u8>,
            ) -> ::core::result::Result<(), #types::EncodeError> {
                #inner::#method(&self.#member, ty, out)
            }
        }
    });
    quote! {
        fn accepts(ty: #types::Type) -> bool {
            !ty.is_built_in() || #inner::accepts(ty)
        }

        #[inline]
        fn is_null(&self) -> bool {
            #inner::is_null(&self.#member)
        }

        #(#write)*

        #[inline]
        fn format(&self, ty: #types::Type) -> #types::Format {
            if ty.is_built_in() {
                #inner::format(&self.#member, ty)
            } else {
                #types::Format::Text
            }
        }
    }
}

/// All but `accepts` is the field's.
fn decode_domain(
    types: &TokenStream,
    Field { member, ty }: &Field<'_>,
    of: &TokenStream,
    raw: &TokenStream,
) -> TokenStream {
    let inner = quote_spanned!(path::at(ty)=> <#ty as #of>);
    let read = ["from_text", "from_binary"].map(|method| {
        let method = Ident::new(method, proc_macro2::Span::call_site());
        quote! {
            #[inline]
            fn #method(
                ty: #types::Type,
                raw: #raw,
            ) -> ::core::result::Result<Self, #types::DecodeError> {
                #inner::#method(ty, raw).map(|value| Self { #member: value })
            }
        }
    });
    quote! {
        fn accepts(ty: #types::Type) -> bool {
            !ty.is_built_in() || #inner::accepts(ty)
        }

        #(#read)*

        fn from_null(ty: #types::Type) -> ::core::result::Result<Self, #types::DecodeError> {
            #inner::from_null(ty).map(|value| Self { #member: value })
        }
    }
}

fn encode_composite(types: &TokenStream, fields: &[Field<'_>]) -> TokenStream {
    let writes = fields.iter().map(
        |Field { member, ty }| quote_spanned!(path::at(ty)=> fields.field::<#ty>(&self.#member)?;),
    );
    quote! {
        fn accepts(ty: #types::Type) -> bool {
            #types::__private::is_composite(ty)
        }

        fn encode_text(
            &self,
            _: #types::Type,
            out: &mut #types::__private::Vec<u8>,
        ) -> ::core::result::Result<(), #types::EncodeError> {
            #types::composite::write(out, |fields| {
                #(#writes)*
                ::core::result::Result::Ok(())
            })
        }

        fn encode_binary(
            &self,
            ty: #types::Type,
            _: &mut #types::__private::Vec<u8>,
        ) -> ::core::result::Result<(), #types::EncodeError> {
            ::core::result::Result::Err(#types::EncodeError::TextOnly(ty))
        }

        fn format(&self, _: #types::Type) -> #types::Format {
            #types::Format::Text
        }
    }
}

fn decode_composite(types: &TokenStream, fields: &[Field<'_>], raw: &TokenStream) -> TokenStream {
    let reads: Vec<_> = fields
        .iter()
        .map(|Field { member, ty }| quote_spanned!(path::at(ty)=> #member: fields.field::<#ty>()?))
        .collect();
    let read =
        [("from_text", quote!(Text)), ("from_binary", quote!(Binary))].map(|(method, format)| {
            let method = Ident::new(method, proc_macro2::Span::call_site());
            quote! {
                fn #method(
                    ty: #types::Type,
                    raw: #raw,
                ) -> ::core::result::Result<Self, #types::DecodeError> {
                    let mut fields =
                        #types::composite::Reader::new(ty, #types::Format::#format, raw)?;
                    let value = Self { #(#reads),* };
                    fields.finish()?;
                    ::core::result::Result::Ok(value)
                }
            }
        });
    quote! {
        fn accepts(ty: #types::Type) -> bool {
            #types::__private::is_composite(ty)
        }

        #(#read)*
    }
}
