use super::*;
use crate::dbt::manifest::sample;
use proptest::prelude::*;
use serde_json::{Map, json};

/// A graph of so many models; each edge leads from the smaller number to the larger one.
fn graph(size: usize, edges: &[(usize, usize)]) -> Graph {
    let mut nodes = Map::new();
    for number in 0..size {
        let parents = edges.iter().filter(|(a, b)| a != b && *a.max(b) == number);
        let parents: Vec<_> = parents
            .map(|(a, b)| format!("model.p.m{:02}", a.min(b)))
            .collect();
        nodes.insert(
            format!("model.p.m{number:02}"),
            json!({"depends_on": {"nodes": parents}}),
        );
    }
    Graph::of(&sample::nodes(&nodes.into()))
}

fn set(size: usize, nodes: &[usize]) -> NodeSet {
    let mut set = NodeSet::empty(size);
    for node in nodes {
        set.insert(*node);
    }
    set
}

fn is_subset(a: &NodeSet, b: &NodeSet) -> bool {
    a.difference(b).is_empty()
}

const SIZE: usize = 30;

fn edges() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..SIZE, 0..SIZE), 0..60)
}

fn some_nodes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..SIZE, 0..4)
}

proptest! {
    #[test]
    fn what_is_downstream_has_the_start_upstream(edges in edges(), from in 0..SIZE) {
        let graph = graph(SIZE, &edges);
        let start = set(SIZE, &[from]);
        for node in 0..SIZE {
            let below = graph.descendants(&start, None).contains(node);
            let above = graph.ancestors(&set(SIZE, &[node]), None).contains(from);
            prop_assert_eq!(below, above);
        }
    }

    #[test]
    fn closing_twice_adds_nothing(edges in edges(), from in some_nodes()) {
        let graph = graph(SIZE, &edges);
        let start = set(SIZE, &from);
        let closed = graph.descendants(&start, None).union(&start);
        let again = graph.descendants(&closed, None).union(&closed);
        prop_assert_eq!(closed, again);
    }

    #[test]
    fn more_to_start_from_reaches_no_less(edges in edges(), a in some_nodes(), b in some_nodes()) {
        let graph = graph(SIZE, &edges);
        let (a, b) = (set(SIZE, &a), set(SIZE, &b));
        let both = graph.descendants(&a.union(&b), None);
        let each = graph.descendants(&a, None).union(&graph.descendants(&b, None));
        prop_assert_eq!(both, each);
    }

    #[test]
    fn depth_adds_up(edges in edges(), from in some_nodes(), depth in 0usize..6) {
        let graph = graph(SIZE, &edges);
        let start = set(SIZE, &from);
        let near = graph.descendants(&start, Some(depth));
        let next = near.union(&graph.descendants(&near, Some(1))).union(&graph.descendants(&start, Some(1)));
        prop_assert_eq!(graph.descendants(&start, Some(depth + 1)), next);
        prop_assert!(is_subset(&near, &graph.descendants(&start, None)));
    }

    #[test]
    fn ways_are_shortest_and_lead_from_the_start(edges in edges(), from in some_nodes()) {
        let graph = graph(SIZE, &edges);
        let start = set(SIZE, &from);
        let ways = graph.shortest_ways(&start);
        for node in 0..SIZE {
            let mut length = 0;
            let mut at = node;
            while let Some(before) = ways[at] {
                prop_assert!(graph.children_of(before).contains(&at));
                at = before;
                length += 1;
            }
            let reached = graph.descendants(&start, None).contains(node) && !start.contains(node);
            prop_assert_eq!(length > 0, reached);
            if reached {
                prop_assert!(start.contains(at));
                prop_assert!(!graph.descendants(&start, Some(length - 1)).contains(node));
            }
        }
    }

    #[test]
    fn sets_behave_as_sets(a in prop::collection::btree_set(0usize..200, 0..40), b in prop::collection::btree_set(0usize..200, 0..40)) {
        let of = |nodes: &std::collections::BTreeSet<usize>| set(200, &nodes.iter().copied().collect::<Vec<_>>());
        let list = |set: NodeSet| set.iter().collect::<Vec<_>>();
        prop_assert_eq!(list(of(&a).union(&of(&b))), a.union(&b).copied().collect::<Vec<_>>());
        prop_assert_eq!(list(of(&a).intersection(&of(&b))), a.intersection(&b).copied().collect::<Vec<_>>());
        prop_assert_eq!(list(of(&a).difference(&of(&b))), a.difference(&b).copied().collect::<Vec<_>>());
        prop_assert_eq!(of(&a).len(), a.len());
    }
}

#[test]
fn disabled_nodes_are_no_members_and_carry_nothing() {
    let nodes = json!({
        "model.p.a": {},
        "model.p.b": {"depends_on": {"nodes": ["model.p.a"]}, "config": {"enabled": false}},
        "model.p.c": {"depends_on": {"nodes": ["model.p.b", "model.p.gone"]}},
    });
    let graph = Graph::of(&sample::nodes(&nodes));
    assert!(!graph.members().contains(1));
    assert!(graph.descendants(&set(3, &[0]), None).is_empty());
    assert_eq!(graph.parents_of(2), [] as [usize; 0]);
}
