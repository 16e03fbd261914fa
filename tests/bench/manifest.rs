//! How long it takes to read two manifests, compare them, and select `state:modified+`, against the number of models.
//!
//! What the numbers mean: `read` is one manifest, from bytes in memory; `compare` finds what changed between two read
//! ones and why; `select` walks the graph for one selector; `whole` is everything that `cutover diff` does between two
//! files on disk and the list of nodes with reasons and paths. Each model comes with two tests and takes about 3.2 kB, so
//! 5,000 models are the 16 MB of a large project. Throughput is in models per second: it stays level from 1,000 models to
//! 20,000 when the time grows linearly.
//!
//! One model in a hundred has another SQL, one in a hundred another configuration, and one macro changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/manifests.rs"]
#[allow(dead_code)]
mod manifests;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cutover::dbt::compare::{CompareOptions, Comparison};
use cutover::dbt::diff::{DiffRequest, diff};
use cutover::dbt::manifest::Manifest;
use cutover::dbt::selection::{IndirectSelection, ResourceTypes, Selection, select};
use manifests::{Side, manifest};
use std::path::Path;
use std::sync::Arc;

const SIZES: [u64; 4] = [1_000, 5_000, 10_000, 20_000];
fn parse(bytes: Vec<u8>) -> Arc<Manifest> {
    Arc::new(Manifest::parse(&bytes, Path::new("manifest.json")).unwrap())
}

fn compare(before: &Arc<Manifest>, after: &Arc<Manifest>) -> Comparison {
    let options = CompareOptions {
        compare_unrendered: None,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
    };
    Comparison::new(Some(Arc::clone(before)), Arc::clone(after), options)
}

fn request(folder: &Path) -> DiffRequest {
    DiffRequest {
        state_dir: folder.join("state"),
        manifest: folder.join("target/manifest.json"),
        target_dir: None,
        select: Vec::new(),
        selector: None,
        exclude: Vec::new(),
        resource_types: ResourceTypes::default(),
        indirect: IndirectSelection::Eager,
        compare_unrendered: None,
    }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("manifest");
    group.sample_size(10);
    for models in SIZES {
        let (old, new) = (
            manifest(models, Side::Before),
            manifest(models, Side::After),
        );
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("state", &old), ("target", &new)] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("manifest.json"), bytes).unwrap();
        }
        group.throughput(Throughput::Elements(models));
        group.bench_function(BenchmarkId::new("read", models), |bencher| {
            bencher.iter_batched(|| new.clone(), parse, BatchSize::PerIteration);
        });
        let (before, after) = (parse(old), parse(new));
        group.bench_function(BenchmarkId::new("compare", models), |bencher| {
            bencher.iter(|| compare(&before, &after));
        });
        let comparison = compare(&before, &after);
        let selection = Selection::parse(&["state:modified+".to_owned()], &[]).unwrap();
        group.bench_function(BenchmarkId::new("select", models), |bencher| {
            bencher.iter(|| select(&comparison, &selection).unwrap());
        });
        group.bench_function(BenchmarkId::new("whole", models), |bencher| {
            bencher.iter(|| diff(&request(folder.path())).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
