//! How a field or variant is called in the database, by a rule for all.

/// A way to write the words of a name.
#[derive(Copy, Clone)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
}

const ALL: [(&str, Case); 7] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
];

impl Case {
    /// By its name, which is written in itself.
    pub(crate) fn from_literal(literal: &syn::LitStr) -> syn::Result<Self> {
        let name = literal.value();
        ALL.iter()
            .find(|(each, _)| *each == name)
            .map(|(_, case)| *case)
            .ok_or_else(|| {
                let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
                let message = format!("no such case: there are {}", names.join(", "));
                syn::Error::new(literal.span(), message)
            })
    }

    /// A name in Rust's own case, of a field or a variant, in this one.
    pub(crate) fn apply(self, name: &str) -> String {
        let words = words(name);
        let capital = |word: &String| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars).collect::<String>()
        };
        match self {
            Self::Lower => words.concat(),
            Self::Upper => words.concat().to_ascii_uppercase(),
            Self::Pascal => words.iter().map(capital).collect(),
            Self::Camel => {
                let (first, rest) = words.split_at(1.min(words.len()));
                first.concat() + &rest.iter().map(capital).collect::<String>()
            }
            Self::Snake => words.join("_"),
            Self::ScreamingSnake => words.join("_").to_ascii_uppercase(),
            Self::Kebab => words.join("-"),
        }
    }
}

/// The words of a `snake_case` or `PascalCase` name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![];
    let mut begin = true;
    for c in name.chars() {
        if c == '_' {
            begin = true;
            continue;
        }
        if begin || c.is_uppercase() {
            words.push(String::new());
        }
        begin = false;
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case() {
        for (case, field, variant) in [
            (Case::Lower, "userid", "verysad"),
            (Case::Upper, "USERID", "VERYSAD"),
            (Case::Pascal, "UserId", "VerySad"),
            (Case::Camel, "userId", "verySad"),
            (Case::Snake, "user_id", "very_sad"),
            (Case::ScreamingSnake, "USER_ID", "VERY_SAD"),
            (Case::Kebab, "user-id", "very-sad"),
        ] {
            assert_eq!(case.apply("user_id"), field);
            assert_eq!(case.apply("VerySad"), variant);
        }
    }
}
