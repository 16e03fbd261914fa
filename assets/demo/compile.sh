#!/usr/bin/env bash
# Makes the two committed manifests with real dbt, without a server:
#   state/manifest.json    what production runs: the project with production/ laid over it, without mood_share
#   target/manifest.json   the project as it stands, which is what the demo deploys
# Both are compiled without the `deploy` variable: the runners add it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dbt=${DBT:-$("$here/../../.ci/dbt-venv")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compile COPY MANIFEST
compile() {
    # A relative target path (the project's own) keeps paths of this machine out of the manifest.
    (cd "$1" && "$dbt" --quiet compile --no-populate-cache --no-introspect --project-dir . --profiles-dir .)
    if grep -qF -e "$work" -e "$here" "$1/target/manifest.json"; then
        echo "the manifest holds a path of this machine" >&2
        exit 1
    fi
    mkdir -p "$(dirname "$2")"
    cp "$1/target/manifest.json" "$2"
}

project_files=(dbt_project.yml profiles.yml macros models)

mkdir "$work/target" "$work/production"
for file in "${project_files[@]}"; do
    cp -r "$here/$file" "$work/target/"
    cp -r "$here/$file" "$work/production/"
done
rm "$work"/production/models/palette/mood_share.*
cp -r "$here/production/models" "$work/production/"
compile "$work/production" "$here/state/manifest.json"
compile "$work/target" "$here/target/manifest.json"
