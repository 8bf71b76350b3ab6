#!/usr/bin/env bash
# What a Go user does all day, inside the gap, in each of the projects below a folder: one line a command,
# "<project> <PASS|FAIL> <seconds> <command>", and what a failed command printed. Run by gap.sh.
#
#   compat.sh <folder> [with-zips]
#
# Below the folder: projects/<name> with <name>.dep beside it (a module that it requires), workspace/ of several
# members, and tools (lines of "<module> <package>"). Exit status 0, or 1 when a command failed.
set -uo pipefail

folder=$1
with_zips=${2:-}
failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/compat.XXXXXX")
trap 'chmod -R u+w "$scratch"; rm -rf -- "$scratch"' EXIT
export GOCACHE=$scratch/cache

# try <project> <command>: in the folder that we are in.
try() {
  local begin=$SECONDS
  if bash -euo pipefail -c "$2" >"$scratch/out" 2>&1; then
    echo "$1 PASS $((SECONDS - begin)) $2"
  else
    echo "$1 FAIL $((SECONDS - begin)) $2"
    tail -n 15 "$scratch/out" | sed 's/^/    /'
    failed=1
  fi
}

# Commands that change go.mod get a fresh copy each.
try_in_copy() {
  rm -rf "$scratch/copy"
  cp -r . "$scratch/copy"
  (cd "$scratch/copy" && try "$@"; exit "$failed") || failed=1
}

one_project() {
  local name=$1 dep
  dep=$(cat "$folder/projects/$name.dep")
  cd "$folder/projects/$name" || exit 2
  try "$name" 'go mod download'
  try "$name" 'go list -deps -test all'
  try "$name" 'go build ./...'
  try "$name" 'go test -run xxx ./...'
  try "$name" 'go mod tidy -diff'
  try_in_copy "$name" 'go mod vendor'
  try "$name" 'go mod verify'
  try "$name" 'go mod graph'
  try "$name" 'go mod why -m all'
  try "$name" 'go list -m all'
  try "$name" 'go list -m -u all'
  try "$name" "go list -m -versions $dep"
  try_in_copy "$name" "go get $dep@latest"
  try_in_copy "$name" 'go get -u ./...'
  [[ -z $with_zips ]] || try "$name" 'go mod download all'
}

workspace() {
  cd "$folder/workspace" || exit 2
  local members
  members=$(sed -n 's|^\t\(\./.*\)$|\1/...|p' go.work | paste -sd' ')
  try_in_copy workspace 'go work sync'
  try workspace "go build $members"
  try workspace "go vet $members"
  try workspace 'go list -m all'
  [[ -z $with_zips ]] || try workspace 'go mod download'
}

tools() {
  local module package
  while read -r module package; do
    cd "$scratch" || exit 2
    try "$module" "go install $package@latest"
    try "$module" "go run $package@latest -h || test \$? -le 2"
    rm -rf "$scratch/new" && mkdir "$scratch/new" && cd "$scratch/new" || exit 2
    printf 'package main\n\nimport _ "%s"\n\nfunc main() {}\n' "$(library_of "$module")" >main.go
    try "$module" "go mod init example.com/new && go get $(library_of "$module")@latest && go mod tidy && go build ./..."
  done <"$folder/tools"
}

# A package of the module that can be imported.
library_of() {
  case $1 in
    honnef.co/go/tools) echo "$1/staticcheck" ;;
    mvdan.cc/gofumpt) echo "$1/format" ;;
    *) echo "$1" ;;
  esac
}

for project in "$folder"/projects/*/; do one_project "$(basename "$project")"; done
[[ ! -d $folder/workspace ]] || workspace
[[ ! -f $folder/tools ]] || tools
exit "$failed"
