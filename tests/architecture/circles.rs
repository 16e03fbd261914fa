//! No circles between files: whoever reads a file must never have to read it again to understand what it uses.
//!
//! An arrow goes from a file to the file that defines what it names. Re-exports are looked through: `super::Item` which the
//! parent merely re-exports from `child.rs` leads to `child.rs`; `mod child;` leads from the parent to the child. A module that
//! is only passed on the way to a name gets no arrow. What is compiled for tests alone stays out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use syn::visit::{self, Visit};

use crate::{complain, files};

/// The crates of this repository: the name that others know each by, and its first file.
const CRATES: &[(&str, &str)] = &[
    ("cutover_sim", "src/sim/mod.rs"),
    ("cutover", "src/lib.rs"),
    ("", "src/main.rs"),
];

/// A path in a macro's brackets: what stands there is only words to the parser, printed with blanks around each `::`.
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+(?: :: \w+)+").unwrap());

type Path = Vec<String>;

/// From a file to another one, and by which path.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Default)]
struct Module {
    file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// What is defined here.
    items: BTreeSet<String>,
    /// What a `use` brings in, by the name it has here.
    imports: BTreeMap<String, Path>,
    /// Every path of more than one segment that is named here, with those of `use`.
    paths: BTreeSet<Path>,
}

enum Target {
    Module(usize),
    /// Something that this module defines.
    Item(usize),
}

/// All modules of all crates.
#[derive(Default)]
struct Tree {
    modules: Vec<Module>,
    roots: BTreeMap<String, usize>,
}

impl Tree {
    fn read(crates: &[(&str, &str)], sources: &BTreeMap<String, String>) -> Self {
        let mut tree = Self::default();
        for (name, file) in crates {
            let folder = file.rsplit_once('/').unwrap().0;
            let root = tree.add_file(file, folder, None, sources);
            tree.roots.insert((*name).to_owned(), root);
        }
        tree
    }

    fn add_file(
        &mut self,
        file: &str,
        folder: &str,
        parent: Option<usize>,
        sources: &BTreeMap<String, String>,
    ) -> usize {
        let syntax = syn::parse_file(&sources[file]).unwrap_or_else(|e| panic!("{file}: {e}"));
        let id = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            ..Module::default()
        });
        let mut found = Module::default();
        found.visit_file(&syntax);
        for child in syntax.items.iter().filter_map(outer_module) {
            let name = child.ident.to_string();
            assert!(child.content.is_none(), "{file}: `{name}` wants a file");
            let below = format!("{folder}/{name}");
            let places = [format!("{below}.rs"), format!("{below}/mod.rs")];
            let place = places.iter().find(|place| sources.contains_key(*place));
            let place = place.unwrap_or_else(|| panic!("{file}: no file for `{name}`"));
            let child = self.add_file(place, &below, Some(id), sources);
            found.children.insert(name, child);
        }
        found.file = file.to_owned();
        found.parent = parent;
        self.modules[id] = found;
        id
    }

    fn root_of(&self, mut module: usize) -> usize {
        while let Some(parent) = self.modules[module].parent {
            module = parent;
        }
        module
    }

    /// What a path leads to from a module; none for other crates' things, and for names within a function.
    fn resolve(&self, from: usize, path: &[String], seen: &mut BTreeSet<Path>) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => self.root_of(from),
            "self" => from,
            "super" => self.modules[from].parent?,
            name => {
                let module = &self.modules[from];
                let known = module.children.contains_key(name) || module.imports.contains_key(name);
                if known && seen.insert(path.to_vec()) {
                    rest = path;
                    from
                } else {
                    *self.roots.get(name)?
                }
            }
        };
        while let Some((name, after)) = rest.split_first() {
            let module = &self.modules[at];
            if name == "super" {
                at = module.parent?;
            } else if after.is_empty() && module.items.contains(name) {
                return Some(Target::Item(at));
            } else if let Some(child) = module.children.get(name) {
                at = *child;
            } else if let Some(import) = module.imports.get(name) {
                match self.resolve(at, import, seen)? {
                    Target::Module(next) => at = next,
                    item @ Target::Item(_) => return Some(item),
                }
            } else {
                return Some(Target::Item(at));
            }
            rest = after;
        }
        Some(Target::Module(at))
    }

    fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (id, module) in self.modules.iter().enumerate() {
            let mut add = |to: usize, why: String| {
                let to = &self.modules[to].file;
                if *to != module.file {
                    let from = arrows.entry(module.file.clone()).or_default();
                    from.entry(to.clone()).or_insert(why);
                }
            };
            for (name, child) in &module.children {
                add(*child, format!("mod {name}"));
            }
            for path in &module.paths {
                if let Some(Target::Item(to)) = self.resolve(id, path, &mut BTreeSet::new()) {
                    add(to, path.join("::"));
                }
            }
        }
        arrows
    }
}

/// A module that is not for tests alone.
fn outer_module(item: &syn::Item) -> Option<&syn::ItemMod> {
    let syn::Item::Mod(module) = item else {
        return None;
    };
    let tests = module.attrs.iter().any(|attribute| {
        let condition = attribute.meta.require_list();
        condition.is_ok_and(|list| list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    });
    (!tests).then_some(module)
}

impl Module {
    fn import(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.import(&with(&path.ident), &path.tree),
            syn::UseTree::Group(group) => group.items.iter().for_each(|t| self.import(before, t)),
            syn::UseTree::Name(name) if name.ident == "self" => {
                let last = before.last().cloned().unwrap_or_default();
                self.bring(last, before.to_vec());
            }
            syn::UseTree::Name(name) => self.bring(name.ident.to_string(), with(&name.ident)),
            syn::UseTree::Rename(name) => self.bring(name.rename.to_string(), with(&name.ident)),
            syn::UseTree::Glob(_) => {
                self.paths.insert([before, &["*".to_owned()]].concat());
            }
        }
    }

    fn bring(&mut self, name: String, path: Path) {
        self.paths.insert(path.clone());
        self.imports.entry(name).or_insert(path);
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let defined = match item {
            syn::Item::Const(item) => Some(&item.ident),
            syn::Item::Enum(item) => Some(&item.ident),
            syn::Item::Fn(item) => Some(&item.sig.ident),
            syn::Item::Static(item) => Some(&item.ident),
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Trait(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            _ => None,
        };
        self.items.extend(defined.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter().map(|s| s.ident.to_string());
            self.paths.insert(segments.collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        for path in WRITTEN.find_iter(&called.tokens.to_string()) {
            let segments = path.as_str().split(" :: ").map(str::to_owned);
            self.paths.insert(segments.collect());
        }
        visit::visit_macro(self, called);
    }

    // These lead nowhere: a module's own text is its file's, and who may see an item is not what it uses.
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

/// The files that lead to themselves, each with all that it shares a circle with.
fn circles(arrows: &Arrows) -> BTreeSet<BTreeSet<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows
        .keys()
        .map(|file| (file.as_str(), reach(arrows, file)))
        .collect();
    let leads = |from: &str, to: &str| reached.get(from).is_some_and(|all| all.contains(to));
    reached
        .iter()
        .filter(|(file, all)| all.contains(*file))
        .map(|(file, all)| all.iter().copied().filter(|to| leads(to, file)).collect())
        .collect()
}

fn reach<'a>(arrows: &'a Arrows, file: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&BTreeMap<String, String>> = arrows.get(file).into_iter().collect();
    while let Some(targets) = next.pop() {
        for to in targets.keys().filter(|to| found.insert(to.as_str())) {
            next.extend(arrows.get(to));
        }
    }
    found
}

/// The circle, arrow by arrow.
fn shown(arrows: &Arrows, circle: &BTreeSet<&str>) -> String {
    let mut text = format!("a circle of {} files:\n", circle.len());
    for from in circle {
        for (to, why) in &arrows[*from] {
            if circle.contains(to.as_str()) {
                let _ = writeln!(text, "    {from} -> {to} ({why})");
            }
        }
    }
    text
}

#[test]
fn files_use_each_other_without_circles() {
    let arrows = Tree::read(CRATES, &files("src", "rs")).arrows();
    let offences: Vec<String> = circles(&arrows)
        .iter()
        .map(|circle| shown(&arrows, circle))
        .collect();
    complain(&offences);
}

#[test]
fn the_finder_looks_through_re_exports_and_into_macros() {
    let sources: BTreeMap<String, String> = [
        (
            "a/lib.rs",
            "mod plan; mod seen; pub use plan::Step; #[cfg(test)] mod tests;",
        ),
        (
            "a/plan/mod.rs",
            "mod step; mod walk; pub use step::Step; pub struct Plan;",
        ),
        ("a/plan/step.rs", "pub(in crate::plan) struct Step;"),
        (
            "a/plan/walk.rs",
            "use super::{Step, Step as S}; fn f() { use crate::seen; seen::look(); }",
        ),
        (
            "a/seen.rs",
            "fn look() -> bool { matches!(1, crate::plan::Plan) }",
        ),
    ]
    .map(|(file, text)| (file.to_owned(), text.to_owned()))
    .into();
    let arrows = Tree::read(&[("a", "a/lib.rs")], &sources).arrows();
    let of = |file: &str| arrows[file].keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(
        of("a/lib.rs"),
        ["a/plan/mod.rs", "a/plan/step.rs", "a/seen.rs"]
    );
    assert_eq!(of("a/plan/walk.rs"), ["a/plan/step.rs", "a/seen.rs"]);
    assert!(!arrows.contains_key("a/plan/step.rs"), "{arrows:?}");
    let circle = BTreeSet::from(["a/plan/mod.rs", "a/plan/walk.rs", "a/seen.rs"]);
    assert_eq!(circles(&arrows), BTreeSet::from([circle]));
}
