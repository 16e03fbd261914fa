//! Settings: flags, environment, `cutover.toml`, profiles and project variables, in that order of strength.
