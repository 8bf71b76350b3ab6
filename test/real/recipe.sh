# Takes the recipes out of the documentation, so that what the scripts beside this
# file run is the text that an operator reads. Sourced, not run.
# shellcheck shell=bash

# recipe <page> <heading>: prints the first fenced block below the heading.
# Fails when there is none, so that a renamed heading cannot turn a check into nothing.
recipe() {
  awk -v heading="## $2" '
    $0 == heading { below = 1; next }
    below && /^## / { exit }
    below && /^```/ { if (inside) { found = 1; exit } inside = 1; next }
    inside { print }
    END { exit !found }
  ' "$1" || { echo "no recipe below \"## $2\" in $1" >&2; return 1; }
}

# placed <from> <to>: replaces the documented folder by a real one, on stdin.
placed() {
  local text
  text=$(cat)
  [[ $text == *"$1"* ]] || { echo "the recipe does not name $1" >&2; return 1; }
  printf '%s\n' "${text//"$1"/"$2"}"
}
