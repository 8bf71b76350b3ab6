#!/usr/bin/env bash
# Runs every recipe of docs/hosting.md in a network namespace that has nothing but
# loopback, and checks with curl and with an unmodified Go client that it serves a
# mirror as the client needs it.
#
#   hosting.sh <mirror>/public <module>@<version>
#
# Prints PASS, SKIP (server not installed) or FAIL for each recipe. Exit status: 0 all that
# ran passed, 1 a recipe failed, 2 nothing could be run. The mirror is only read.
set -euo pipefail
umask 022 # a server started as root serves as another user, who must be able to read

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
page=$here/../../docs/hosting.md
documented=/srv/modferry/public
base=http://127.0.0.1:8080
# shellcheck source=test/real/recipe.sh
. "$here/recipe.sh"
# shellcheck source=test/real/servers.sh
. "$here/servers.sh"
# shellcheck source=test/real/hosting-checks.sh
. "$here/hosting-checks.sh"

main() {
  [[ $# -eq 2 && -d $1 && $2 == *@v* ]] || { sed -n '6p' "$0" >&2; exit 2; }
  enter_namespace "$@"
  public=$(cd "$1" && pwd) module=${2%@*} version=${2##*@}
  snapshot=$(readlink "$public/current")
  epath=$(escape "$module") ever=$(escape "$version")
  require_module
  work=$(mktemp -d "${TMPDIR:-/tmp}/hosting.XXXXXX")
  chmod 755 "$work"
  server='' failed=0
  trap cleanup EXIT
  lay_out_view

  try "file://" files
  try nginx http_server nginx strict
  try Caddy http_server caddy strict
  try Apache http_server apache strict
  try Python http_server python plain
  return "$failed"
}

# The escaped form of a module path or version: A becomes !a.
escape() { printf '%s\n' "$1" | sed 's/[A-Z]/!\L&/g'; }

# The form a Go client sends.
on_the_wire() { printf '%s' "${1//\!/%21}"; }

require_module() {
  local file
  for file in "@v/list" "@latest" "@v/$ever.info" "@v/$ever.mod" "@v/$ever.zip"; do
    [[ -f $public/current/$epath/$file ]] && continue
    echo "the mirror has no $epath/$file" >&2
    exit 2
  done
}

# Servers see a public folder made of links to the real snapshot, and a second, tiny
# snapshot, so that current can be switched without touching the mirror.
lay_out_view() {
  mkdir -p "$work/public/snapshots/next/$epath/@v" "$work/logs" "$work/home"
  ln -s "$public/$snapshot" "$work/public/snapshots/this"
  echo v9.9.9 >"$work/public/snapshots/next/$epath/@v/list"
  point_current_to this
}

point_current_to() {
  ln -s "snapshots/$1" "$work/public/current.new"
  mv -T "$work/public/current.new" "$work/public/current"
}

# try <name> <function> [argument...]: runs one recipe and prints its verdict.
# The subshell lets a check end the recipe without ending the script.
try() {
  local name=$1 status=0 log=$work/logs/$2-${3:-}.log
  shift
  : >"$work/reason"
  # A plain list, not a condition: inside one, set -e would not end the recipe.
  set +e
  (set -e; trap stop_server EXIT; "$@") >"$log" 2>&1
  status=$?
  set -e
  case $status in
    0) echo "PASS $name" ;;
    77) echo "SKIP $name: $(cat "$work/reason")" ;;
    *) echo "FAIL $name: $(reason)"; tail -n 20 "$log" | sed 's/^/    /'; failed=1 ;;
  esac
}

# Empty where a command failed rather than a check: then the log tells.
reason() { if [[ -s $work/reason ]]; then cat "$work/reason"; else echo "a command failed"; fi; }

files() {
  local setting
  setting=$(recipe "$page" Files | placed "$documented" "$work/public")
  client_checks "${setting#export GOPROXY=}" 'no such file'
}

# http_server <kind> strict|plain: plain servers list folders and send no cache headers.
http_server() {
  point_current_to this
  "start_$1"
  wait_for_server
  check_files
  check_missing
  [[ $2 == plain ]] || { check_folders; check_caching; }
  client_checks "$(recipe "$page" "Client settings" | sed -n 's/^export GOPROXY=//p')" ': 404 '
  check_switch
}

start_caddy() {
  needs caddy
  recipe "$page" Caddy | placed "$documented" "$work/public" >"$work/Caddyfile"
  start env HOME="$work/home" XDG_DATA_HOME="$work/home" XDG_CONFIG_HOME="$work/home" \
    caddy run --config "$work/Caddyfile" --adapter caddyfile
}

# Debian's own modules and their settings are loaded, for they are what a recipe meets.
start_apache() {
  needs apache2
  local modules=/etc/apache2/mods-enabled
  [[ -d $modules ]] || skip "no $modules: only Debian's layout is known here"
  recipe "$page" Apache | placed "$documented" "$work/public" >"$work/site.apache"
  cat >"$work/apache.conf" <<CONF
ServerName localhost
ServerRoot /etc/apache2
PidFile $work/apache.pid
ErrorLog /dev/stderr
User ${APACHE_RUN_USER:-www-data}
Group ${APACHE_RUN_GROUP:-www-data}
IncludeOptional $modules/*.load
IncludeOptional $modules/*.conf
<IfModule !headers_module>
    LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
</IfModule>
Include $work/site.apache
CONF
  start env APACHE_RUN_DIR="$work" APACHE_LOCK_DIR="$work" APACHE_LOG_DIR="$work/logs" \
    apache2 -d /etc/apache2 -f "$work/apache.conf" -DFOREGROUND
}

start_python() {
  needs python3
  local command
  command=$(recipe "$page" Python | placed "$documented" "$work/public")
  start bash -c "exec $command"
}

cleanup() {
  rm -rf -- "$work"
}

main "$@"
