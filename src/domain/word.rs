//! The words that a server or dbt has for one thing, each set in one place.

/// Defines an enum of such words: how they are read, how they are written, and `Other` for those of versions to come. What is written is
/// always what was read.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        #[serde(into = "String", from = "String")]
        pub enum $name {
            $($(#[$of])* $variant,)+
            /// A word that this version does not know: nothing is concluded from it.
            Other(String),
        }

        impl $name {
            /// The word as it was read.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::from(word.as_str())
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    words! {
        /// A colour.
        Colour {
            Red = "red",
            DarkRed = "dark-red",
        }
    }

    #[test]
    fn words_are_written_as_they_were_read() {
        for (word, colour) in [
            ("red", Colour::Red),
            ("dark-red", Colour::DarkRed),
            ("Red", Colour::Other("Red".to_owned())),
            ("", Colour::Other(String::new())),
        ] {
            assert_eq!(Colour::from(word), colour);
            assert_eq!(colour.to_string(), word);
        }
        assert_eq!(format!("{:6}|", Colour::Red), "red   |");
    }
}
