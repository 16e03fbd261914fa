//! The options of a cluster, read from the text of `SHOW CREATE CLUSTER` (recorded: 12, v26.24/18, v26.39/18 and 20).
//!
//! The text is read token by token, names and constants as the server quotes them, and written anew from what was read: nothing of it
//! reaches a statement as it stands. What this version does not know is named, never carried along and never dropped in silence.

mod option;
mod scan;

use super::name::Identifier;
use option::Listed;
pub use option::{ClusterOption, OptionValue, UnreadableOptions};
use option::{FACTOR, OptionShape, SCHEDULE, SIZE, STRATEGY};
use scan::Scanner;

/// Everything that `SHOW CREATE CLUSTER` says of a managed cluster, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterOptions {
    options: Vec<ClusterOption>,
    /// Optimizer features, which stand behind the options.
    features: Vec<ClusterOption>,
}

/// What a twin can be made with, and what it will lack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinOptions {
    /// `(SIZE = '25cc', ...)`, for CREATE CLUSTER.
    pub sql: String,
    /// Options that only a system role may set (recorded: v26.24/18), as `WORKLOAD CLASS = 'heavy'`.
    pub of_the_system: Vec<String>,
    /// A strategy that the server refuses beside the twin's size (recorded: v26.39/20).
    pub strategy: Option<String>,
}

const FEATURES: &str = "FEATURES";

impl ClusterOptions {
    /// Reads what `SHOW CREATE CLUSTER` answered for this cluster.
    ///
    /// # Errors
    /// When the text has another form, or is about another cluster.
    pub fn parse(create_sql: &str, cluster: &Identifier) -> Result<Self, UnreadableOptions> {
        let mut scanner = Scanner::new(create_sql)?;
        scanner.expect_words("CREATE CLUSTER")?;
        let name = scanner.name()?;
        if name != cluster.as_str() {
            return Err(UnreadableOptions::OtherCluster(name));
        }
        let options = scanner.list()?;
        let features = if scanner.accept_word(FEATURES) {
            scanner.list()?
        } else {
            Vec::new()
        };
        scanner.end()?;
        Ok(Self { options, features })
    }

    /// Options that this version does not know, or whose values it does not, as they were read.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        self.options
            .iter()
            .filter(|option| !option.is_known())
            .map(ToString::to_string)
            .collect()
    }

    /// The option of a strategy that bursts to this size, and lingers so long.
    #[must_use]
    pub fn strategy_of(size: &str, linger: Option<&str>) -> String {
        strategy(size, linger).to_string()
    }

    /// What a twin is created with: with another size, and bursting to a size and lingering so long. Unknown options are left out: whoever
    /// goes on in spite of [`Self::unknown`] has allowed it by name.
    #[must_use]
    pub fn twin(&self, size: Option<&str>, burst: Option<(&str, Option<&str>)>) -> TwinOptions {
        let mut options: Vec<ClusterOption> = Vec::new();
        let mut of_the_system = Vec::new();
        // A server takes no factor beside a schedule, whatever it shows.
        let is_dropped = |option: &&ClusterOption| option.name == FACTOR && self.is_scheduled();
        let known = self.options.iter().filter(|option| option.is_known());
        for option in known.filter(|option| !is_dropped(option)) {
            if option.shape() != Some(OptionShape::OfTheSystem) {
                options.push(option.clone());
            } else if !option.is_null() {
                of_the_system.push(option.to_string());
            }
        }
        if !self.features.is_empty() {
            of_the_system.push(format!("{FEATURES} {}", Listed(&self.features)));
        }
        if let Some(size) = size {
            let value = OptionValue::Text(size.to_owned());
            match options.iter_mut().find(|option| option.name == SIZE) {
                Some(option) => option.value = value,
                None => options.push(ClusterOption {
                    name: SIZE.to_owned(),
                    value,
                }),
            }
        }
        if let Some((size, linger)) = burst {
            options.retain(|option| option.name != STRATEGY);
            options.insert(0, strategy(size, linger));
        }
        let strategy = refused_strategy(&options);
        let left = |option: &ClusterOption| strategy.is_none() || option.name != STRATEGY;
        options.retain(left);
        TwinOptions {
            sql: Listed(&options).to_string(),
            of_the_system,
            strategy,
        }
    }

    /// The auto-scaling strategy, where there is one.
    #[must_use]
    pub fn strategy(&self) -> Option<String> {
        let strategy = self.options.iter().find(|option| option.name == STRATEGY);
        let strategy = strategy.filter(|option| !option.is_null())?;
        Some(strategy.value.to_string())
    }

    fn is_scheduled(&self) -> bool {
        let schedule = self.options.iter().find(|option| option.name == SCHEDULE);
        schedule.is_some_and(|option| match &option.value {
            OptionValue::Words(words) | OptionValue::Clause(words, _) => {
                !words.eq_ignore_ascii_case("MANUAL")
            }
            _ => false,
        })
    }

    /// Where another cluster's options differ from these, as `SIZE '25cc' -> '100cc'`.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (mut ours, mut theirs) = (self.by_name(), other.by_name());
        if self.is_scheduled() && other.is_scheduled() {
            // The schedule's business, now none and now one.
            ours.retain(|(name, _)| name != FACTOR);
            theirs.retain(|(name, _)| name != FACTOR);
        }
        let names = ours.iter().chain(&theirs).map(|(name, _)| name.as_str());
        let names: std::collections::BTreeSet<&str> = names.collect();
        let of = |options: &[(String, String)], name: &str| {
            let found = options.iter().find(|(of, _)| of == name);
            found.map_or_else(|| "none".to_owned(), |(_, value)| value.clone())
        };
        names
            .into_iter()
            .map(|name| (name, of(&ours, name), of(&theirs, name)))
            .filter(|(_, one, other)| one != other)
            .map(|(name, one, other)| format!("{name} {one} -> {other}"))
            .collect()
    }

    fn by_name(&self) -> Vec<(String, String)> {
        let options = self.options.iter().filter(|option| !option.is_null());
        let mut all: Vec<_> = options
            .map(|option| (option.name.clone(), option.value.to_string()))
            .collect();
        if !self.features.is_empty() {
            all.push((FEATURES.to_owned(), Listed(&self.features).to_string()));
        }
        all
    }
}

fn strategy(size: &str, linger: Option<&str>) -> ClusterOption {
    let text = |name: &str, text: &str| ClusterOption {
        name: name.to_owned(),
        value: OptionValue::Text(text.to_owned()),
    };
    let mut entries = vec![text("HYDRATION SIZE", size)];
    entries.extend(linger.map(|linger| text("LINGER DURATION", linger)));
    ClusterOption {
        name: STRATEGY.to_owned(),
        value: OptionValue::List(vec![ClusterOption {
            name: "ON HYDRATION".to_owned(),
            value: OptionValue::List(entries),
        }]),
    }
}

/// A strategy whose hydration size is the cluster's own: the server refuses that.
fn refused_strategy(options: &[ClusterOption]) -> Option<String> {
    let size = options.iter().find(|option| option.name == SIZE)?;
    let strategy = options.iter().find(|option| option.name == STRATEGY)?;
    let OptionValue::List(clauses) = &strategy.value else {
        return None;
    };
    let hydration = clauses.iter().flat_map(|clause| match &clause.value {
        OptionValue::List(entries) => entries.as_slice(),
        _ => &[],
    });
    hydration
        .into_iter()
        .any(|entry| entry.name == "HYDRATION SIZE" && entry.value == size.value)
        .then(|| strategy.to_string())
}

#[cfg(test)]
mod tests;
