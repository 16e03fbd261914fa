//! What is asked about a pair of manifests.

use super::judge::Ask;
use super::random::Random;

const STATE: [&str; 11] = [
    "state:modified",
    "state:modified+",
    "state:modified.body",
    "state:modified.configs",
    "state:modified.relation",
    "state:modified.persisted_descriptions",
    "state:modified.macros",
    "state:modified.contract",
    "state:new",
    "state:old",
    "state:unmodified",
];

const OTHERS: [&str; 32] = [
    "fqn:orchard.marts.*",
    "tag:raw",
    "tag:n?ghtly+",
    "config.materialized:view",
    "config.meta.keeper:ann",
    "config.severity:WARN",
    "path:models/marts",
    "file:baskets.sql",
    "source:farm+",
    "source:orchard.farm.pears",
    "@stg_apples",
    "2+baskets",
    "1+fruits+1",
    "group:growers",
    "access:public",
    "version:latest",
    "version:old",
    "version:none",
    "test_name:not_null",
    "test_type:unit",
    "resource_type:function",
    "exposure:board",
    "metric:*",
    "semantic_model:fruit_facts+",
    "saved_query:weekly",
    "unit_test:doubles",
    "package:this",
    "prices.v1",
    "selector:nightly",
    "selector:m*+",
    "selector:careful",
    "selector:nothing",
];

const SELECTORS: [&str; 3] = ["nightly", "marts", "careful"];

const KINDS: [&str; 12] = [
    "model",
    "snapshot",
    "seed",
    "test",
    "source",
    "exposure",
    "metric",
    "saved_query",
    "semantic_model",
    "unit_test",
    "function",
    "analysis",
];

/// The state's selectors, and some others.
pub fn asks(random: &mut Random) -> Vec<Ask> {
    let all = || KINDS.map(str::to_owned).to_vec();
    let mut asks: Vec<_> = STATE
        .iter()
        .map(|selector| Ask {
            select: vec![(*selector).to_owned()],
            exclude: Vec::new(),
            selector: None,
            types: all(),
            indirect: "eager",
        })
        .collect();
    let criterion = |random: &mut Random| {
        let first = if random.chance(60) {
            random.pick(&STATE)
        } else {
            random.pick(&OTHERS)
        };
        match random.below(3) {
            0 => format!("{first},{}", random.pick(&OTHERS)),
            1 if !first.starts_with('@') && !first.ends_with('1') => format!("+{first}"),
            _ => (*first).to_owned(),
        }
    };
    for _ in 0..4 {
        let select = (0..=random.below(3)).map(|_| criterion(random)).collect();
        let exclude = (0..random.below(2)).map(|_| criterion(random)).collect();
        let types = if random.chance(40) {
            (0..=random.below(3))
                .map(|_| (*random.pick(&KINDS)).to_owned())
                .collect()
        } else {
            all()
        };
        let indirect = random.pick(&["eager", "cautious", "buildable", "empty"]);
        asks.push(Ask {
            select,
            exclude,
            selector: random.chance(15).then(|| *random.pick(&SELECTORS)),
            types,
            indirect,
        });
    }
    asks
}
