//! What a type is generic over.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Lifetime, Result, WherePredicate, parse_quote};

/// The lifetime of what is read from: the type's own, or a new one for a type that borrows nothing. Gives the generics of the
/// implementation as well.
///
/// # Errors
///
/// The type has more than one: what is read has only one to lend.
pub(crate) fn borrowing(generics: &Generics) -> Result<(Lifetime, Generics)> {
    let mut lifetimes = generics.lifetimes();
    let mut all = generics.clone();
    let lifetime = match (lifetimes.next(), lifetimes.next()) {
        (None, _) => {
            let lifetime: Lifetime = parse_quote!('__r);
            all.params.insert(0, parse_quote!(#lifetime));
            lifetime
        }
        (Some(own), None) => own.lifetime.clone(),
        (Some(_), Some(second)) => {
            return Err(syn::Error::new_spanned(
                second,
                "all that is borrowed has one lifetime: use the first for every field",
            ));
        }
    };
    Ok((lifetime, all))
}

/// Adds `ty: bound` for a field's type if it depends on a parameter of the type; of another the compiler knows.
pub(crate) fn require(generics: &mut Generics, ty: &syn::Type, bound: &TokenStream) {
    let params: HashSet<String> = generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(param.ident.to_string()),
            _ => None,
        })
        .collect();
    if !params.is_empty() && mentions(ty.to_token_stream(), &params) {
        let predicate: WherePredicate = parse_quote!(#ty: #bound);
        generics.make_where_clause().predicates.push(predicate);
    }
}

fn mentions(tokens: TokenStream, names: &HashSet<String>) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}

/// `impl<…> Trait for Type<…> where …`, with the type's own parameters after its name.
pub(crate) fn implement(
    of: &TokenStream,
    name: &syn::Ident,
    own: &Generics,
    all: &Generics,
    items: &TokenStream,
) -> TokenStream {
    let (_, arguments, _) = own.split_for_impl();
    let (params, _, conditions) = all.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #params #of for #name #arguments #conditions {
            #items
        }
    }
}
