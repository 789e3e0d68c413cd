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

    /// A name in Rust's own case, of a field or a variant, in this one. Underscores stay, but in the two cases that have none, and are
    /// hyphens in `kebab-case`.
    pub(crate) fn apply(self, name: &str) -> String {
        match self {
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
            Self::Pascal => words(name).map(|word| capital(&word)).collect(),
            Self::Camel => {
                let mut words = words(name);
                let first = words.next().unwrap_or_default();
                first + &words.map(|word| capital(&word)).collect::<String>()
            }
            Self::Snake => snake(name),
            Self::ScreamingSnake => snake(name).to_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
        }
    }
}

/// A `snake_case` or `PascalCase` name in `snake_case`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The words of such a name, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> {
    let words: Vec<_> = snake(name).split('_').map(str::to_owned).collect();
    words.into_iter().filter(|word| !word.is_empty())
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case() {
        for (case, field, variant) in [
            (Case::Lower, "user_id", "verysad"),
            (Case::Upper, "USER_ID", "VERYSAD"),
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

    #[test]
    fn underscores_are_part_of_a_name() {
        for (case, trailing, leading, two) in [
            (Case::Lower, "type_", "_id", "a__b"),
            (Case::Upper, "TYPE_", "_ID", "A__B"),
            (Case::Pascal, "Type", "Id", "AB"),
            (Case::Camel, "type", "id", "aB"),
            (Case::Snake, "type_", "_id", "a__b"),
            (Case::ScreamingSnake, "TYPE_", "_ID", "A__B"),
            (Case::Kebab, "type-", "-id", "a--b"),
        ] {
            assert_eq!(case.apply("type_"), trailing);
            assert_eq!(case.apply("_id"), leading);
            assert_eq!(case.apply("a__b"), two);
        }
    }
}
