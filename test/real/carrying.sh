#!/usr/bin/env bash
# Carries a copy of a mirror to a far side in a temporary folder with the commands of
# docs/carrying.md, a second time after the mirror changed, and with files damaged on the way.
#
#   carrying.sh <mirror>
#
# Prints PASS or FAIL for each claim of that page; exit status 0, or 1 when one failed. The mirror is only read.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
page=$here/../../docs/carrying.md
# shellcheck source=test/real/recipe.sh
. "$here/recipe.sh"

main() {
  [[ $# -eq 1 && -L $1/public/current ]] || { sed -n '5p' "$0" >&2; exit 2; }
  work=$(mktemp -d "${TMPDIR:-/tmp}/carrying.XXXXXX")
  trap 'rm -rf -- "$work"' EXIT
  near=$work/near far=$work/far media=$work/media
  mkdir -p "$near" "$far/public" "$media"
  cp -a "$1/public" "$near/public"
  tree=$near/public
  id='' failed=0
  require_recipes

  first_journey
  second_journey
  damaged_journey
  removal
  by_tar
  log_comes_along
  return "$failed"
}

# A missing block would be an empty command, which succeeds.
require_recipes() {
  local heading
  for heading in Choose Copy Check Switch "When the check fails" "Remove old snapshots" Pack Unpack; do
    recipe "$page" "$heading" >/dev/null
  done
}

first_journey() {
  choose
  carry Copy
  claim "the first copy brings no current" test ! -e "$far/public/current"
  claim "the first copy passes its check" on_far Check
  on_far Switch
  claim "current names the snapshot after the switch" far_current_is "$id"
  claim "both sides hold the same after the first journey" same_trees
}

# Only what differs travels: the files that the next snapshot shares are links on both sides.
second_journey() {
  local before=$id
  add_snapshot second
  choose
  carry Copy
  claim "the second copy sends 3 new files and no other" test "$(files_sent)" -eq 3
  claim "the second copy leaves current alone" far_current_is "$before"
  claim "the second copy passes its check" on_far Check
  on_far Switch
  claim "both sides hold the same after the second journey" same_trees
  claim "hard links survived: as many inodes on both sides" test "$(inodes "$near")" -eq "$(inodes "$far")"
  claim "there are hard links between snapshots" test "$(inodes "$far")" -lt "$(names "$far")"
}

# A byte changes while size and time stay: rsync's quick look cannot see it, the check must.
damaged_journey() {
  local before=$id victim zip
  add_snapshot third
  choose
  carry Copy
  zip=$(cd "$near/public/snapshots/$id" && find . -name '*.zip' -printf '%P\n' -quit)
  victim=$far/public/snapshots/$id/$zip
  change_one_byte "$victim"
  refute "a changed byte fails the check" on_far Check
  carry Copy
  refute "an ordinary copy does not heal it" on_far Check
  carry "When the check fails"
  claim "a copy with --checksum heals it" on_far Check
  claim "and heals the older snapshots that share the file" snapshot_is_whole "$before"
  rm "$victim"
  refute "a missing file fails the check" on_far Check
  carry Copy
  touch "$far/public/snapshots/$id/extra.mod"
  refute "a file that nobody announced fails the check" on_far Check
  rm "$far/public/snapshots/$id/extra.mod"
  claim "current stayed where it was throughout" far_current_is "$before"
  on_far Check
  on_far Switch
  claim "hard links survived the healing" test "$(inodes "$near")" -eq "$(inodes "$far")"
}

removal() {
  local old
  old=$(find "$near/public/snapshots" -mindepth 1 -maxdepth 1 ! -name "$id" -printf '%f\n' -quit)
  rm -r "$near/public/snapshots/$old"
  carry "Remove old snapshots"
  claim "an old snapshot is removed on the far side" test ! -e "$far/public/snapshots/$old"
  claim "current outlives the removal" far_current_is "$id"
  claim "both sides hold the same after the removal" same_trees
}

by_tar() {
  local before=$id
  add_snapshot fourth
  choose
  on_near Pack
  on_far Unpack
  claim "a packed snapshot passes its check" on_far Check
  claim "unpacking leaves current alone" far_current_is "$before"
  on_far Switch
  claim "both sides hold the same after the tar file" same_trees
  claim "hard links were made anew from the tar file" test "$(inodes "$near")" -eq "$(inodes "$far")"
}

# Tiles first, then the lookups that need them: clients read the folder while it is copied.
log_comes_along() {
  local log=$near/public/sumdb/sum.golang.org
  [[ -d $log ]] || { echo "SKIP the checksum database: this mirror carries none"; return 0; }
  claim "the checksum database came along" diff -r "$log" "$far/public/sumdb/sum.golang.org"
  mkdir -p "$log/tile/8/9" "$log/lookup/new.example"
  echo tile >"$log/tile/8/9/000" && echo lookup >"$log/lookup/new.example/m@v1.0.0"
  recipe "$page" Copy | sed -n 1p >"$work/first"
  bash -c "$(placed far:/srv/modferry "$far" <"$work/first" | placed /srv/modferry "$near")"
  claim "tiles travel before lookups" test -e "$far/public/sumdb/sum.golang.org/tile/8/9/000" -a ! -e "$far/public/sumdb/sum.golang.org/lookup/new.example"
  carry Copy
  claim "and lookups after them" test -e "$far/public/sumdb/sum.golang.org/lookup/new.example/m@v1.0.0"
}

choose() {
  local text
  text=$(recipe "$page" Choose | placed /srv/modferry/public "$near/public")
  eval "$text"
  [[ -d $near/public/snapshots/$id ]] || { echo "the recipe chose \"$id\", which is no snapshot" >&2; exit 1; }
}

# carry <heading>: an rsync of the page, with the far machine being a folder and with its statistics.
carry() {
  local text
  text=$(recipe "$page" "$1" | placed far:/srv/modferry "$far" | placed /srv/modferry "$near" | placed 'rsync ' 'rsync --stats ')
  bash -euo pipefail -c "$text" >"$work/stats"
}

on_near() { on_side "$near" "$1"; }
on_far() { on_side "$far" "$1"; }

# A shell of its own for each block, as an operator has, that knows the id and nothing else of ours.
on_side() {
  local text
  text=$(recipe "$page" "$2" | placed /srv/modferry "$1")
  text=${text//\/media\/disk/"$media"}
  id=$id bash -euo pipefail -c "$text"
}

# add_snapshot <name>: what a sync would leave: links to the files of the last snapshot, three
# files of its own (a new module version, a longer list, the checksums), current moved. Its name
# sorts before the older ones, the order in which rsync meets a link before the file it has.
add_snapshot() {
  local last new list
  last=$(readlink -f "$tree/current")
  new=$tree/snapshots/0-$1
  cp -al "$last" "$new"
  list=$(cd "$new" && find . -path '*/@v/list' -printf '%P\n' | LC_ALL=C sort | sed -n 1p)
  # A new file in place of the link: writing through it would change the older snapshot too.
  { cat "$last/$list"; echo "v99.0.0-$1"; } >"$new/$list.new"
  mv "$new/$list.new" "$new/$list"
  printf 'module carried\n// %s\n' "$1" >"$new/$(dirname "$list")/v99.0.0-$1.mod"
  rm "$new/_mirror/SHA256SUMS"
  (cd "$new" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum >"$work/sums")
  mv "$work/sums" "$new/_mirror/SHA256SUMS"
  ln -sfn "snapshots/0-$1" "$tree/current"
}

change_one_byte() {
  local times=$work/times byte
  touch -r "$1" "$times"
  byte=$(od -An -tu1 -j 20 -N 1 "$1")
  printf '%b' "\\x$(printf '%02x' $((byte ^ 1)))" | dd of="$1" bs=1 seek=20 conv=notrunc status=none
  touch -r "$times" "$1"
}

claim() {
  local said=$1
  shift
  if "$@" >"$work/out" 2>&1; then echo "PASS $said"; else failure "$said"; fi
}

refute() {
  local said=$1
  shift
  if "$@" >"$work/out" 2>&1; then failure "$said"; else echo "PASS $said"; fi
}

failure() {
  echo "FAIL $1"
  sed 's/^/    /' "$work/out"
  failed=1
}

far_current_is() { [[ $(readlink "$far/public/current") == "snapshots/$1" ]]; }

snapshot_is_whole() { (cd "$far/public/snapshots/$1" && sha256sum --strict --quiet -c _mirror/SHA256SUMS); }

same_trees() { diff -r --no-dereference "$near/public" "$far/public"; }

# By all rsync commands of the block together.
files_sent() { awk -F': ' '/^Number of regular files transferred: /{ sum += $2 } END { print sum }' "$work/stats"; }

inodes() { find "$1/public/snapshots" -type f -printf '%i\n' | sort -u | wc -l; }
names() { find "$1/public/snapshots" -type f | wc -l; }

main "$@"
