#!/usr/bin/env bash
# Runs a command as a user inside the gap would: in a network namespace with nothing but
# loopback, the mirror behind nginx as docs/hosting.md says, empty Go caches.
#
#   gap.sh <mirror>/public <command> [argument...]
#
# The command finds GOPROXY, GOMODCACHE and GOPATH set, GOSUMDB and GOTOOLCHAIN at the go command's
# own defaults. With GAP_GOPATH the GOPATH, and with it the client's memory of the checksum database,
# is that folder and stays. Exit status: the command's, or 2 where no namespace or no nginx is to be had.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
page=$here/../../docs/hosting.md
documented=/srv/modferry/public
base=http://127.0.0.1:8080
# shellcheck source=test/real/recipe.sh
. "$here/recipe.sh"
# shellcheck source=test/real/servers.sh
. "$here/servers.sh"

main() {
  [[ $# -ge 2 && -d $1 ]] || { sed -n '5p' "$0" >&2; exit 2; }
  enter_namespace "$@"
  work=$(mktemp -d "${TMPDIR:-/tmp}/gap.XXXXXX")
  chmod 755 "$work"
  mkdir "$work/public" "$work/gopath" "$work/modcache"
  ln -s "$(cd "$1" && pwd)"/* "$work/public/"
  server=''
  trap 'stop_server; rm -rf -- "$work"' EXIT
  shift
  start_nginx 2>"$work/nginx.log" || { cat "$work/reason" >&2; exit 2; }
  wait_for_server
  local status=0
  env -u GOSUMDB -u GONOSUMDB -u GOPRIVATE -u GONOPROXY GOENV=off GOTOOLCHAIN=auto GOPROXY="$base/current" \
    GOFLAGS=-modcacherw GOPATH="${GAP_GOPATH:-$work/gopath}" GOMODCACHE="$work/modcache" "$@" || status=$?
  return "$status"
}

main "$@"
