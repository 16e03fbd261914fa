//! A project of any size with its files, and a server that holds some of it on both sides.

use super::manifests::{Side, file, manifest, sql};
use crate::server;
use cutover::sim::{Simulator, World};
use std::path::Path;
use tokio::runtime::Runtime;

/// An empty server at the pace of a real one. It runs as long as the runtime does.
pub fn server(runtime: &Runtime) -> Simulator {
    runtime.block_on(server::start(World::empty(), 1.0))
}

/// So many of the models, as they were before the change, on both sides.
pub fn fill(simulator: &Simulator, models: u64) {
    let run = |statement: &str| {
        let made = simulator.control().execute("materialize", statement);
        made.unwrap_or_else(|error| panic!("{statement}: {error}"));
    };
    run("CREATE SCHEMA shop_raw");
    run("CREATE TABLE shop_raw.orders (id int, amount int)");
    for suffix in ["", "_dbt_deploy"] {
        run(&format!("CREATE SCHEMA shop{suffix}"));
        run(&format!("CREATE CLUSTER compute{suffix} (SIZE '25cc')"));
        for number in 0..models {
            let sql = sql(number, Side::Before);
            run(&format!(
                "CREATE MATERIALIZED VIEW shop{suffix}.model_{number} IN CLUSTER compute{suffix} AS {sql}"
            ));
        }
    }
}

/// A project whose manifest has changed since production was built.
pub fn write_project(folder: &Path, models: u64) {
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    write(
        "dbt_project.yml",
        b"name: shop\nversion: '1.0'\nprofile: shop\nvars:\n  deployment:\n    production:\n      clusters: [compute]\n      schemas: [shop]\n",
    );
    write(
        "profiles.yml",
        b"shop:\n  target: production\n  outputs:\n    production:\n      type: materialize\n      host: localhost\n      port: 1\n      user: materialize\n      database: materialize\n      schema: shop\n      cluster: compute\n",
    );
    write("state/manifest.json", &manifest(models, Side::Before));
    write("target/manifest.json", &manifest(models, Side::After));
    for number in 0..models {
        let sql = sql(number, Side::After);
        write(&file(number), sql.as_bytes());
    }
}
