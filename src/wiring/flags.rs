//! The command line: the words of `cli::args`, and a flag for each setting that has one.

use clap::{Arg, ArgAction, ArgMatches, CommandFactory, FromArgMatches};
use cutover::cli::args::Arguments;
use cutover::config::{Argument, Flag, Overrides, SettingRow, rows};

/// Under which heading the help lists flags that every command takes.
const EVERYWHERE: &str = "Everywhere";

/// What was typed: the words, and what they say about settings.
///
/// # Errors
/// clap's own: a mistake, or a wish for help or the version.
pub fn parse() -> Result<(Arguments, Overrides), clap::Error> {
    let matches = command().try_get_matches()?;
    let arguments = Arguments::from_arg_matches(&matches)?;
    let mut overrides = Overrides::default();
    overrides.config.clone_from(&arguments.common.config);
    given(&matches, &mut overrides);
    Ok((arguments, overrides))
}

/// The whole command line, for help, completions and the manual page, too.
pub fn command() -> clap::Command {
    rows().fold(Arguments::command(), |command, row| {
        let flags = row.setting().flags.iter();
        flags.fold(command, |command, flag| with(command, row, flag))
    })
}

fn with(command: clap::Command, row: &dyn SettingRow, flag: &Flag) -> clap::Command {
    let Some(arg) = arg(row, flag) else {
        return command;
    };
    if flag.commands.is_empty() {
        return command.arg(arg.global(true).help_heading(EVERYWHERE));
    }
    flag.commands.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |command| command.arg(arg.clone()))
    })
}

/// `None`: the flag is another setting's.
fn arg(row: &dyn SettingRow, flag: &Flag) -> Option<Arg> {
    let arg = Arg::new(flag.name)
        .long(flag.name.trim_start_matches('-'))
        .hide(flag.hidden);
    let arg = match flag.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    Some(match flag.argument {
        Argument::Value(name) => arg.value_name(name).help(help(row, flag)),
        Argument::Means(_) => arg.action(ArgAction::SetTrue).help(flag.help),
        Argument::ImpliedBy(_) => return None,
    })
}

/// With the default, where there is one that the flag stands for: one that sets another setting, too, does not.
fn help(row: &dyn SettingRow, flag: &Flag) -> String {
    let implies =
        |other: &Flag| other.name == flag.name && matches!(other.argument, Argument::ImpliedBy(_));
    if rows().any(|row| row.setting().flags.iter().any(implies)) {
        return flag.help.to_owned();
    }
    let default = row.default().map(|default| match default.as_str() {
        Some(text) => text.to_owned(),
        None => default.to_string(),
    });
    match default {
        Some(default) => format!("{} (default: {default})", flag.help),
        None => flag.help.to_owned(),
    }
}

/// Takes in the flags of a command and of the one inside it. Global flags stand at every level.
fn given(matches: &ArgMatches, overrides: &mut Overrides) {
    for flag in rows().flat_map(|row| row.setting().flags) {
        match flag.argument {
            Argument::Value(_) => {
                if let Ok(Some(text)) = matches.try_get_one::<String>(flag.name) {
                    overrides.give(flag.name, text);
                }
            }
            Argument::Means(_) => {
                if let Ok(Some(true)) = matches.try_get_one::<bool>(flag.name) {
                    overrides.give(flag.name, "");
                }
            }
            Argument::ImpliedBy(_) => {}
        }
    }
    if let Some((_, inner)) = matches.subcommand() {
        given(inner, overrides);
    }
}
