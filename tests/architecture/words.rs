//! One word, one meaning: a type that others can name bears a name of its own.

use crate::{complain, files, is_test_file};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};

/// The types of a file that another file can name, but for what is compiled for tests alone.
#[derive(Default)]
struct Types(BTreeSet<String>);

impl Types {
    fn take(&mut self, visibility: &syn::Visibility, name: &syn::Ident) {
        if !matches!(visibility, syn::Visibility::Inherited) {
            self.0.insert(name.to_string());
        }
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.take(&item.vis, &item.ident);
    }
    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.take(&item.vis, &item.ident);
    }
    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.take(&item.vis, &item.ident);
    }
    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.take(&item.vis, &item.ident);
    }
}

#[test]
fn a_type_name_means_one_thing() {
    let mut bearers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in files("src", "rs") {
        // The simulated server is a crate of its own, with the words of a server.
        if file.starts_with("src/sim/") || is_test_file(&file) {
            continue;
        }
        let mut types = Types::default();
        types.visit_file(&syn::parse_file(&text).unwrap());
        for name in types.0 {
            bearers.entry(name).or_default().push(file.clone());
        }
    }
    bearers.retain(|_, files| files.len() > 1);
    let offences: Vec<String> = bearers
        .iter()
        .map(|(name, files)| format!("{name} is a type in {}", files.join(" and in ")))
        .collect();
    complain(&offences);
}
