# A network namespace with nothing but loopback, and servers started in it as docs/hosting.md
# says. Sourced, not run; wants $page, $documented, $base and $work from its user.
# shellcheck shell=bash disable=SC2154

# Ports are free and nothing outside answers in a namespace of our own.
enter_namespace() {
  if [[ -n ${INSIDE_NAMESPACE:-} ]]; then
    ip link set lo up
    return 0
  fi
  local unshare=(unshare --net)
  # A server that believes itself root would try to change its user, which an ordinary
  # user's namespace does not allow: so stay who we are and keep only the right to set lo up.
  [[ $(id -u) -eq 0 ]] || unshare+=(--map-current-user --keep-caps)
  if ! "${unshare[@]}" ip link set lo up 2>/dev/null; then
    echo "SKIP everything: no network namespace can be made here (unshare and ip are needed)" >&2
    exit 2
  fi
  INSIDE_NAMESPACE=1 exec "${unshare[@]}" bash "$0" "$@"
}

start_nginx() {
  needs nginx
  recipe "$page" nginx | placed "$documented" "$work/public" >"$work/site.conf"
  # The user line only counts for root, whose workers would else run as somebody who may
  # be unable to read the mirror.
  cat >"$work/nginx.conf" <<CONF
user $(id -un) $(id -gn);
worker_processes 1;
pid $work/nginx.pid;
events { }
http {
    log_format asked '\$status \$request_uri';
    access_log ${GAP_ACCESS_LOG:-off}${GAP_ACCESS_LOG:+ asked};
    client_body_temp_path $work/nginx-body;
    proxy_temp_path $work/nginx-proxy;
    fastcgi_temp_path $work/nginx-fastcgi;
    scgi_temp_path $work/nginx-scgi;
    uwsgi_temp_path $work/nginx-uwsgi;
    include $work/site.conf;
}
CONF
  start nginx -e stderr -c "$work/nginx.conf" -g 'daemon off;'
}

needs() { command -v "$1" >/dev/null || skip "$1 is not installed"; }
skip() { echo "$*" >"$work/reason"; exit 77; }
fail() { echo "$*" >"$work/reason"; exit 1; }

start() {
  "$@" &
  server=$!
}

stop_server() {
  [[ -n $server ]] || return 0
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=''
}

wait_for_server() {
  local tries=0
  until curl -s -o /dev/null "$base/"; do
    kill -0 "$server" 2>/dev/null || fail "the server ended before it answered"
    ((++tries < 100)) || fail "the server did not answer within 10 seconds"
    sleep 0.1
  done
}
