//! Where the crates are that the written code needs, and where the code itself is said to be.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;
use syn::spanned::Spanned as _;

/// The client's crate: by itself, or a module of the façade.
pub(crate) fn client() -> TokenStream {
    find("trunkline-client", "trunkline_client", "client")
}

/// The crate of the values: by itself, a module of the façade, or of the client.
pub(crate) fn types() -> TokenStream {
    let depends = |name| crate_name(name).is_ok();
    if !depends("trunkline-types") && !depends("trunkline") && depends("trunkline-client") {
        let client = client();
        return quote!(#client::types);
    }
    find("trunkline-types", "trunkline_types", "types")
}

/// The place of a field's type, for code that an error in it is about. Names in that code are the derive's own all the same: the type may
/// come from a macro's caller, and names there are others.
pub(crate) fn at(ty: &syn::Type) -> Span {
    ty.span().resolved_at(Span::call_site())
}

/// `name` as the crate at hand depends on it, or the façade's module `module`. Where neither is found the plain name is used, and the
/// compiler says that it is missing.
fn find(name: &str, ident: &str, module: &str) -> TokenStream {
    if let Ok(found) = crate_name(name) {
        return at_root(&found, ident);
    }
    if let Ok(found) = crate_name("trunkline") {
        let root = at_root(&found, "trunkline");
        let module = Ident::new(module, Span::call_site());
        return quote!(#root::#module);
    }
    at_root(&FoundCrate::Itself, ident)
}

/// A crate calls itself by its name, too, so that one path holds for the crate, its tests and its examples.
fn at_root(found: &FoundCrate, itself: &str) -> TokenStream {
    let name = match found {
        FoundCrate::Itself => itself,
        FoundCrate::Name(name) => name,
    };
    let ident = Ident::new(name, Span::call_site());
    quote!(::#ident)
}
