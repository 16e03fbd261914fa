//! The screens as data: what each is called, its key, and what it shows. What each is made of: [`super::parts`].

macro_rules! screens {
    ($($screen:ident $name:literal $key:literal $about:literal;)+) => {
        /// One screen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Screen { $(#[doc = $about] $screen,)+ }

        impl Screen {
            /// In the order of the header.
            pub const ALL: &'static [Self] = &[$(Self::$screen,)+];

            /// The name in the header and in the table of keys.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$screen => $name,)+ }
            }

            /// The name of the action that shows it, for the configuration and the palette.
            #[must_use]
            pub const fn action(self) -> &'static str {
                match self { $(Self::$screen => concat!("screen-", $name),)+ }
            }

            /// The key that shows it, where the configuration has no other one.
            #[must_use]
            pub const fn keys(self) -> &'static [&'static str] {
                match self { $(Self::$screen => &[$key],)+ }
            }

            /// What it shows, for the help.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$screen => $about,)+ }
            }
        }
    };
}

screens! {
    Cockpit "cockpit" "1" "the cockpit: both sides, live";
    Changes "changes" "2" "what a deployment would change, and why";
    Run "run" "3" "the operation that runs, with its log";
    Traffic "traffic" "4" "who reads which side";
    History "history" "5" "past operations";
}
