//! `profiles.yml`: where dbt keeps connections, found and rendered as dbt does it.

use super::{
    jinja::Jinja,
    problem::{Origin, Origins, Problem, SourceLocation, listed},
    timespan::Seconds,
    variables::Variables,
    yaml::{self, YamlNode},
};
use crate::domain::connection::{ConnectionSettings, RootCertificates, Secret, SslMode};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

pub(super) const FILE_NAME: &str = "profiles.yml";

/// dbt's name for the target when neither a flag nor the profile names one.
pub(super) const DEFAULT_TARGET: &str = "default";

/// The folder whose `profiles.yml` counts where none is named: the current one, the project's, `~/.dbt`.
pub(super) fn folder(working_dir: &Path, project_dir: &Path, variables: &Variables) -> PathBuf {
    let home = variables.home().map(|home| home.join(".dbt"));
    [working_dir, project_dir]
        .into_iter()
        .find(|folder| folder.join(FILE_NAME).is_file())
        .map(Path::to_path_buf)
        .or(home)
        .unwrap_or_else(|| project_dir.to_path_buf())
}

/// What to do where Jinja can't be rendered.
const CORRECT: &str = "correct the profile or set the variable";

/// One target of a profile.
#[derive(Debug)]
pub(super) struct ProfileOutput {
    pub connection: ConnectionSettings,
    /// dbt's default schema there.
    pub schema: Option<String>,
    /// By the profile's names for its fields.
    pub origins: Origins,
}

/// One profile of the file, not yet rendered.
pub(super) struct Profile {
    file: PathBuf,
    name: String,
    node: YamlNode,
    jinja: Jinja,
}

impl Profile {
    /// # Errors
    /// When the file can't be read, is no YAML, or has no such profile.
    pub fn read(folder: &Path, name: &str, variables: &Variables) -> Result<Self, Problem> {
        let file = folder.join(FILE_NAME);
        let text = fs::read_to_string(&file).map_err(|error| {
            Problem::new(
                format!("the connection profiles can't be read: {error}"),
                "name their folder with --profiles-dir, or give a connection with --url",
            )
            .at(SourceLocation::file(&file))
        })?;
        let root = yaml::parse(&file, &text)?;
        let known: Vec<&String> = root.map().into_iter().flat_map(BTreeMap::keys).collect();
        let Some(node) = root.at(&[name]) else {
            return Err(Problem::new(
                format!("there is no profile `{name}`"),
                format!("name one with --profile; the file has {}", listed(&known)),
            )
            .at(SourceLocation::file(&file)));
        };
        Ok(Self {
            name: name.to_owned(),
            node: node.clone(),
            jinja: Jinja::new(variables),
            file,
        })
    }

    /// The target that the profile itself names, or `default`; and where it does.
    ///
    /// # Errors
    /// When its Jinja can't be rendered.
    pub fn own_target(&self) -> Result<(String, Origin), Problem> {
        let node = self.node.at(&["target"]);
        let Some((node, text)) = node.and_then(|node| Some((node, node.text()?))) else {
            return Ok((DEFAULT_TARGET.to_owned(), Origin::Default));
        };
        let place = SourceLocation::line(&self.file, node.line);
        self.jinja
            .render(&text)
            .map(|target| (target, Origin::File(place)))
            .map_err(|why| self.field_problem("target", node.line, &why, CORRECT))
    }

    /// One target; what is wrong with it goes to `problems`.
    pub fn output(&self, target: &str, problems: &mut Vec<Problem>) -> Option<ProfileOutput> {
        let Some(node) = self.node.at(&["outputs", target]) else {
            let outputs = self.node.at(&["outputs"]).and_then(YamlNode::map);
            let known: Vec<&String> = outputs.into_iter().flat_map(BTreeMap::keys).collect();
            problems.push(
                Problem::new(
                    format!("profile `{}` has no target `{target}`", self.name),
                    format!("name one with --target; it has {}", listed(&known)),
                )
                .at(SourceLocation::line(&self.file, self.node.line)),
            );
            return None;
        };
        let mut fields = Fields {
            profile: self,
            node,
            problems,
            origins: Origins::new(),
        };
        fields.output()
    }

    fn field_problem(&self, field: &str, line: usize, why: &str, remedy: &str) -> Problem {
        Problem::new(format!("`{field}`: {why}"), remedy).at(SourceLocation::line(&self.file, line))
    }
}

struct Fields<'a> {
    profile: &'a Profile,
    node: &'a YamlNode,
    problems: &'a mut Vec<Problem>,
    /// Of what was read so far.
    origins: Origins,
}

impl Fields<'_> {
    fn output(&mut self) -> Option<ProfileOutput> {
        self.check_adapter();
        let host = self.required(&["host"]);
        let user = self.required(&["user"]);
        let database = self.required(&["database", "dbname"]);
        let port = self.parsed::<u16>("port", "write a number from 1 to 65535");
        let complete = host.is_some() && user.is_some() && database.is_some();
        let mut connection = ConnectionSettings {
            host: host.unwrap_or_default(),
            user: user.unwrap_or_default(),
            database: database.unwrap_or_default(),
            password: self.text(&["password", "pass"]).map(Secret::new),
            cluster: self.text(&["cluster"]),
            search_path: self.text(&["search_path"]),
            ..ConnectionSettings::default()
        };
        if let Some(port) = port {
            connection.port = port;
        }
        if let Some(name) = self.text(&["application_name"]) {
            connection.application_name = name;
        }
        let seconds = "write a whole number of seconds, a year at most";
        if let Some(Seconds(timeout)) = self.parsed("connect_timeout", seconds) {
            connection.connect_timeout = timeout;
        }
        // dbt's 0 means "the default".
        if let Some(Seconds(idle)) = self
            .parsed("keepalives_idle", seconds)
            .filter(|Seconds(idle)| !idle.is_zero())
        {
            connection.keepalives.get_or_insert_default().idle = idle;
        }
        self.tls(&mut connection);
        connection.options = self.options();
        let schema = self.text(&["schema"]);
        complete.then(|| ProfileOutput {
            connection,
            schema,
            origins: std::mem::take(&mut self.origins),
        })
    }

    fn tls(&mut self, connection: &mut ConnectionSettings) {
        if let Some(mode) = self.parsed("sslmode", SslMode::REMEDY) {
            connection.sslmode = mode;
        }
        connection.sslrootcert = self
            .text(&["sslrootcert"])
            .map(|roots| match roots.as_str() {
                "system" => RootCertificates::System,
                _ => RootCertificates::File(roots.into()),
            });
        connection.sslcert = self.text(&["sslcert"]).map(PathBuf::from);
        connection.sslkey = self.text(&["sslkey"]).map(PathBuf::from);
        if connection.sslcert.is_some() != connection.sslkey.is_some() {
            let why = "sslcert and sslkey go together";
            self.wrong("sslcert", self.node.line, why, "give both");
        }
    }

    fn options(&mut self) -> Vec<(String, String)> {
        let options = self.node.at(&["options"]).and_then(YamlNode::map);
        options
            .into_iter()
            .flatten()
            .filter_map(|(name, node)| Some((name.clone(), self.render(name, node)?)))
            .collect()
    }

    fn check_adapter(&mut self) {
        let adapter = self.text(&["type"]);
        if adapter.as_deref() != Some("materialize") {
            let why = "this target is not for Materialize";
            let line = self.node.at(&["type"]).unwrap_or(self.node).line;
            let remedy = "write `type: materialize`, or choose another target with --target";
            self.wrong("type", line, why, remedy);
        }
    }

    /// A field under the first of its names that is there.
    fn text(&mut self, names: &[&'static str]) -> Option<String> {
        let (name, node) = names
            .iter()
            .find_map(|name| Some((name, self.node.at(&[name])?)))?;
        let text = self.render(name, node)?;
        if let Some(name) = names.first() {
            let place = SourceLocation::line(&self.profile.file, node.line);
            self.origins.insert(name, Origin::File(place));
        }
        Some(text)
    }

    fn required(&mut self, names: &[&'static str]) -> Option<String> {
        let missing = names.iter().all(|name| self.node.at(&[name]).is_none());
        if let (true, Some(name)) = (missing, names.first()) {
            let remedy = format!("add `{name}:` to it");
            self.wrong(name, self.node.line, "the target does not say it", &remedy);
        }
        self.text(names)
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str, rule: &str) -> Option<T> {
        let line = self.node.at(&[name])?.line;
        let text = self.text(&[name])?;
        let value = text.trim().parse().ok();
        if value.is_none() {
            // A value out of Jinja may be a secret variable's.
            let templated = self.node.at(&[name])?.text()?.contains("{{");
            let shown = if templated {
                "its value"
            } else {
                &format!("`{text}`")
            };
            self.wrong(name, line, &format!("{shown} can't be used"), rule);
        }
        value
    }

    fn render(&mut self, name: &str, node: &YamlNode) -> Option<String> {
        match self.profile.jinja.render(&node.text()?) {
            Ok(text) => Some(text),
            Err(why) => {
                self.wrong(name, node.line, &why, CORRECT);
                None
            }
        }
    }

    fn wrong(&mut self, name: &str, line: usize, why: &str, remedy: &str) {
        self.problems
            .push(self.profile.field_problem(name, line, why, remedy));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::connection::Keepalives;

    fn read(
        text: &str,
        target: &str,
        variables: &[(&str, &str)],
    ) -> (Option<ConnectionSettings>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), text).unwrap();
        let variables = variables.iter().copied().collect();
        let mut problems = Vec::new();
        let connection = Profile::read(dir.path(), "shop", &variables)
            .unwrap()
            .output(target, &mut problems)
            .map(|output| output.connection);
        let shown = problems.iter().map(|problem| {
            format!(
                "{}: {}",
                problem.place.as_ref().unwrap().line.unwrap(),
                problem.message
            )
        });
        (connection, shown.collect())
    }

    #[test]
    fn fields_are_rendered_and_typed() {
        let text = "\
base: &base
  type: materialize
  host: \"{{ env_var('MZ_HOST') }}\"
  port: \"{{ env_var('MZ_PORT', '6875') | as_number }}\"
shop:
  target: prod
  outputs:
    prod:
      <<: *base
      user: me@example.com
      pass: \"{{ env_var('DBT_ENV_SECRET_PW') }}\"
      dbname: materialize
      schema: public
      sslmode: verify-full
      sslrootcert: /ca.pem
      keepalives_idle: 0
      options: {timezone: UTC}
";
        let variables = [("MZ_HOST", "db.example"), ("DBT_ENV_SECRET_PW", "s3cret")];
        let (connection, problems) = read(text, "prod", &variables);
        assert_eq!(problems, [""; 0]);
        let connection = connection.unwrap();
        assert_eq!(
            (connection.host.as_str(), connection.port),
            ("db.example", 6875)
        );
        assert_eq!(connection.password.as_ref().unwrap().reveal(), "s3cret");
        assert_eq!(connection.sslmode, SslMode::VerifyFull);
        assert_eq!(connection.keepalives, Some(Keepalives::default()));
        assert_eq!(connection.options[0].1, "UTC");
        assert!(!format!("{connection:?}").contains("s3cret"));
    }

    #[test]
    fn every_field_that_is_wrong_is_told_with_its_line() {
        let text = "\
shop:
  outputs:
    prod:
      type: postgres
      host: \"{{ env_var('MZ_HOST') }}\"
      port: many
      sslmode: allow
      database: materialize
";
        let (connection, problems) = read(text, "prod", &[]);
        assert!(connection.is_none());
        let start: Vec<_> = problems
            .iter()
            .map(|problem| problem.split('`').take(2).collect::<String>())
            .collect();
        assert_eq!(
            start,
            ["4: type", "5: host", "4: user", "6: port", "7: sslmode"]
        );
    }

    #[test]
    fn a_target_that_is_not_there_is_told_with_those_that_are() {
        let text = "shop: {outputs: {dev: {type: materialize}}}\n";
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), text).unwrap();
        let profile = Profile::read(dir.path(), "shop", &Variables::default()).unwrap();
        let mut problems = Vec::new();
        assert!(profile.output("prod", &mut problems).is_none());
        assert!(problems[0].remedy.contains("dev"), "{}", problems[0]);
        let own = profile.own_target().unwrap();
        assert_eq!(own, ("default".to_owned(), Origin::Default));
    }

    #[test]
    fn the_profiles_folder_is_searched_as_dbt_does() {
        let home = tempfile::tempdir().unwrap();
        let here = tempfile::tempdir().unwrap();
        let project = tempfile::tempdir().unwrap();
        let variables: Variables = [("HOME", home.path().display().to_string())]
            .into_iter()
            .collect();
        let found = || folder(here.path(), project.path(), &variables);
        assert_eq!(found(), home.path().join(".dbt"));
        fs::write(project.path().join(FILE_NAME), "").unwrap();
        assert_eq!(found(), project.path());
        fs::write(here.path().join(FILE_NAME), "").unwrap();
        assert_eq!(found(), here.path());
    }
}
