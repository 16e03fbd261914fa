//! The sample dbt project that `cutover demo` opens, embedded in the binary.
//!
//! It is `assets/demo/`, whose manifests real dbt compiled (`assets/demo/compile.sh` tells how): `state/manifest.json` is
//! what production runs, `target/manifest.json` what the demo deploys.

use std::{fs, io, path::Path};

macro_rules! embed {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../assets/demo/", $path)))),+]
    };
}

/// Path inside the project, and contents.
const FILES: &[(&str, &str)] = embed![
    "cutover.toml",
    "dbt_project.yml",
    "profiles.yml",
    "setup.sql",
    "macros/generate_schema_name.sql",
    "macros/minutes.sql",
    "models/auctions/auction_totals.sql",
    "models/auctions/bidder_activity.sql",
    "models/auctions/bids_enriched.sql",
    "models/auctions/recent_bids.sql",
    "models/auctions/schema.yml",
    "models/auctions/sources.yml",
    "models/palette/bar.sql",
    "models/palette/foo.sql",
    "models/palette/foobar.sql",
    "models/palette/mood_share.sql",
    "models/palette/mood_share.yml",
    "models/palette/palette.sql",
    "models/palette/schema.yml",
    "models/serving/auction_board.sql",
    "models/serving/color_card.sql",
    "models/serving/house_summary.sql",
    "models/serving/people_by_mood.sql",
    "models/serving/schema.yml",
    "models/serving/top_bidders.sql",
    "models/sinks/mood_feed.sql",
    "models/sinks/schema.yml",
    "state/manifest.json",
    "target/manifest.json",
];

/// Writes the sample project into `into`, which is created when it does not exist. Files of the same names are replaced.
///
/// # Errors
/// When a folder or a file can't be written.
pub fn unpack(into: &Path) -> io::Result<()> {
    for (path, contents) in FILES {
        let path = into.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, contents)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn model_names(manifest: &Path) -> BTreeSet<String> {
        let manifest: Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
        let nodes = manifest["nodes"].as_object().unwrap();
        nodes
            .values()
            .filter(|node| node["resource_type"] == "model")
            .map(|node| node["name"].as_str().unwrap().to_owned())
            .collect()
    }

    fn files_below(folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.strip_prefix(folder).unwrap().display().to_string());
                }
            }
        }
        found
    }

    #[test]
    fn the_unpacked_manifests_differ_by_one_new_and_one_removed_model() {
        let project = tempfile::tempdir().unwrap();
        unpack(project.path()).unwrap();
        let production = model_names(&project.path().join("state/manifest.json"));
        let target = model_names(&project.path().join("target/manifest.json"));
        let new: Vec<_> = target.difference(&production).collect();
        let removed: Vec<_> = production.difference(&target).collect();
        assert_eq!(new, ["mood_share"]);
        assert_eq!(removed, ["warm_people"]);
    }

    #[test]
    fn every_model_and_macro_of_the_sample_is_embedded() {
        let project = tempfile::tempdir().unwrap();
        unpack(project.path()).unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
        for folder in ["models", "macros"] {
            assert_eq!(
                files_below(&project.path().join(folder)),
                files_below(&sample.join(folder))
            );
        }
    }
}
