# What a Go client needs of a server, asked with curl and with the Go command.
# Each check ends the recipe by fail; hosting.sh, which sources this, says what the variables hold.
# shellcheck shell=bash
# shellcheck disable=SC2154 # public, epath, ever, base, work, module and version are hosting.sh's

# status <path>: the HTTP status, redirects not followed, the path sent as it is.
status() { curl -s --path-as-is -o "$work/body" -D "$work/head" -w '%{http_code}' -H 'Accept-Encoding: gzip' "$base$1"; }

expect() {
  local got
  got=$(status "$2")
  [[ $got == "$1" ]] || fail "GET $2: $got, expected $1"
}

# Every file arrives byte for byte and unencoded, below current and below its snapshot, with
# the exclamation mark plain and encoded.
check_files() {
  local name root path
  local -a names=("$epath/@v/list" "$epath/@latest" "$epath/@v/$ever.info" "$epath/@v/$ever.mod" "$epath/@v/$ever.zip" _mirror/SHA256SUMS)
  name=$(cd "$public/current" && find . -path '*!*' -name '*.mod' -printf '%P\n' -quit)
  if [[ -n $name ]]; then names+=("$name"); else echo "note: no module here has an upper-case letter"; fi
  for name in "${names[@]}"; do
    for root in /current /snapshots/this; do
      for path in "$root/$name" "$root/$(on_the_wire "$name")"; do
        expect 200 "$path"
        cmp -s "$work/body" "$public/current/$name" || fail "GET $path: the bytes differ from the file's"
        ! grep -qi '^content-encoding:' "$work/head" || fail "GET $path: came with a content-encoding"
      done
    done
  done
}

# The prefixes of a module path are what go get probes.
check_missing() {
  local name prefix=$epath
  for name in list v9.9.9-none.info v9.9.9-none.mod v9.9.9-none.zip; do
    expect 404 "/current/nosuch.example/module/@v/$name"
    [[ $name == list ]] || expect 404 "/current/$epath/@v/$name"
  done
  expect 404 /current/nosuch.example/module/@latest
  while [[ $prefix == */* ]]; do
    prefix=${prefix%/*}
    [[ -d $public/current/$prefix/@v ]] && continue
    expect 404 "/current/$prefix/@v/list"
    expect 404 "/current/$prefix/@v/$ever.info"
    expect 404 "/current/$prefix/@latest"
  done
}

check_folders() {
  local path
  for path in / /current /current/ "/current/$epath" "/current/$epath/@v" "/current/$epath/@v/"; do
    expect 404 "$path"
  done
}

check_caching() {
  local suffix name
  for suffix in info mod zip; do
    expect 200 "/current/$epath/@v/$ever.$suffix"
    [[ $(cache_control) == "public, max-age=31536000, immutable" ]] || fail "a .$suffix is not marked immutable: $(cache_control)"
    expect 404 "/current/$epath/@v/v9.9.9-none.$suffix"
    [[ $(cache_control) != *immutable* ]] || fail "a missing .$suffix is marked immutable"
  done
  for name in @v/list @latest; do
    expect 200 "/current/$epath/$name"
    [[ $(cache_control) == no-cache ]] || fail "$name is not marked no-cache: $(cache_control)"
  done
}

# All values joined: two headers that contradict each other do not pass.
cache_control() { tr -d '\r' <"$work/head" | sed -n 's/^cache-control: *//Ip' | paste -sd,; }

# A running server follows current to the next snapshot and finds nothing of the old one.
check_switch() {
  expect 200 "/current/$epath/@v/list"
  point_current_to next
  expect 200 "/current/$epath/@v/list"
  [[ $(cat "$work/body") == v9.9.9 ]] || fail "current was switched, and the old list came"
  expect 404 "/current/$epath/@v/$ever.zip"
  point_current_to this
}

# client_checks <GOPROXY> <text>: fetches the module with an empty cache; a module that the
# mirror does not have fails with a message that holds the text. Every recipe must arrive at
# the hash that the first one, without any server, arrived at.
client_checks() {
  local answer sum
  fresh_client "$1"
  answer=$(client mod download -json "$module@$version") || fail "go mod download failed: $answer"
  sum=$(sed -n 's/^\t"Sum": "\(.*\)",$/\1/p' <<<"$answer")
  [[ $sum == h1:* ]] || fail "go mod download reported no hash: $answer"
  [[ -f $work/sum ]] || echo "$sum" >"$work/sum"
  [[ $sum == "$(cat "$work/sum")" ]] || fail "hash $sum, but $(cat "$work/sum") without a server"
  answer=$(client list -m "$module@latest" 2>&1) || fail "the query for latest failed: $answer"
  ! answer=$(client list -m nosuch.example/module@latest 2>&1) || fail "an unknown module was found: $answer"
  [[ $answer == *"$2"* ]] || fail "an unknown module fails with: $answer"
}

fresh_client() {
  local folder
  folder=$(mktemp -d "$work/client.XXXXXX")
  mkdir "$folder/project"
  client_folder=$folder client_proxy=$1
}

client() {
  # Variables that would lead the client past the mirror are emptied, not inherited.
  (cd "$client_folder/project" && env -u GOSUMDB -u http_proxy -u HTTP_PROXY -u all_proxy -u ALL_PROXY \
    GOENV=off GOFLAGS=-modcacherw GOPROXY="$client_proxy" GOTOOLCHAIN=local GONOPROXY= GOPRIVATE= \
    GOPATH="$client_folder/gopath" GOMODCACHE="$client_folder/modcache" GOCACHE="$client_folder/cache" go "$@")
}
