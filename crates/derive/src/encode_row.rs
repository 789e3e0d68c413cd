//! `#[derive(EncodeRow)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Data, DeriveInput, Index, Member, Result};

use crate::attributes::Container;
use crate::{bounds, path};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        let message = "a row has one shape: EncodeRow is for structs";
        return Err(syn::Error::new_spanned(&input.ident, message));
    };
    let container = Container::parse(&input.attrs, "value")?;
    if container.rename_all.is_some() {
        let message = "the values of a row are in their order, whatever they are called: rename_all is for enums";
        return Err(syn::Error::new_spanned(&input.ident, message));
    }
    let types = container
        .krate
        .map_or_else(path::types, |krate| krate.to_token_stream());
    let mut generics = input.generics.clone();
    let count = data.fields.len();
    let (mut checks, mut names, mut writes) = (vec![], vec![], vec![]);
    for (index, field) in data.fields.iter().enumerate() {
        let ty = &field.ty;
        let member = match &field.ident {
            Some(ident) => Member::Named(ident.clone()),
            None => Member::Unnamed(Index::from(index)),
        };
        let encode = quote_spanned!(path::at(ty)=> <#ty as #types::Encode>);
        bounds::require(&mut generics, ty, &quote!(#types::Encode));
        checks.push(quote! {
            if !#encode::accepts(types[#index]) {
                return ::core::result::Result::Err(#index);
            }
        });
        names.push(quote!(#index => #encode::rust_type(&self.#member),));
        writes.push(quote!(sink.value::<#ty>(&self.#member, types[#index])?;));
    }
    let items = quote! {
        fn check(types: &[#types::Type]) -> ::core::result::Result<(), usize> {
            let ::core::result::Result::Ok(types) = <&[#types::Type; #count]>::try_from(types) else {
                return ::core::result::Result::Err(types.len());
            };
            #(#checks)*
            ::core::result::Result::Ok(())
        }

        #[inline]
        fn width(&self) -> usize {
            #count
        }

        fn rust_type(&self, column: usize) -> &'static str {
            match column {
                #(#names)*
                _ => "",
            }
        }

        #[inline]
        fn encode_row<__S: #types::row::Sink>(
            &self,
            types: &[#types::Type],
            sink: &mut __S,
        ) -> ::core::result::Result<(), __S::Error> {
            let ::core::result::Result::Ok(types) = <&[#types::Type; #count]>::try_from(types) else {
                return ::core::result::Result::Err(sink.misfit(types.len()));
            };
            #(#writes)*
            ::core::result::Result::Ok(())
        }
    };
    let of = quote!(#types::EncodeRow);
    Ok(bounds::implement(
        &of,
        &input.ident,
        &input.generics,
        &generics,
        &items,
    ))
}
