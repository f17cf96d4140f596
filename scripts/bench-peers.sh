# Part of scripts/bench: measures the node beside servers that somebody would otherwise run, on
# equal work: the same records under the same names, one processor each. Passes over what is not
# installed (`make bench-peers`).

nothing() { echo "$1 is not installed: make bench-peers"; }

make_zone() {
    [[ -e $work/bench.example.zone ]] ||
        "$bin/idnode-bench-records" --records "$records" --as zone >"$work/bench.example.zone"
}

# beside_dns TITLE NAME PORT SECONDS COMMAND…: a DNS server that answers for the zone SECONDS later.
beside_dns() {
    start "$2" "${@:5}"
    sleep "$4"
    measure "UDP, uniform, against $1" 22641 "$2" "$3" --against-speaks dns --against-checked
    stop "$2"
}

peer_knot() {
    make_zone
    mkdir -p "$work/knot"
    cat >"$work/knot/knot.conf" <<END
server:
    listen: $at@22650
    rundir: $work/knot
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: $work/knot
zone:
  - domain: bench.example
    file: $work/bench.example.zone
    storage: $work/knot
    semantic-checks: off
END
    beside_dns "Knot DNS" knot 22650 $((5 + records / 100000)) \
        knotd --config "$work/knot/knot.conf"
}

peer_nsd() {
    make_zone
    mkdir -p "$work/nsd"
    cat >"$work/nsd.conf" <<END
server:
    ip-address: $at@22653
    username: ""
    server-count: 1
    database: ""
    pidfile: "$work/nsd/pid"
    xfrdfile: "$work/nsd/xfrd"
    xfrdir: "$work/nsd"
    zonelistfile: "$work/nsd/zones"
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: bench.example
    zonefile: $work/bench.example.zone
END
    beside_dns NSD nsd 22653 $((5 + records / 100000)) nsd -d -c "$work/nsd.conf"
}

peer_powerdns() {
    make_zone
    mkdir -p "$work/powerdns"
    cat >"$work/powerdns/pdns.conf" <<END
launch=lmdb
lmdb-filename=$work/powerdns/records.lmdb
local-address=$at
local-port=22654
socket-dir=$work/powerdns
receiver-threads=1
setuid=
setgid=
END
    pdnsutil --config-dir="$work/powerdns" load-zone bench.example "$work/bench.example.zone" \
        >"$work/powerdns.load" 2>&1
    beside_dns "PowerDNS with LMDB" powerdns 22654 5 \
        pdns_server --config-dir="$work/powerdns" --daemon=no --guardian=no
}

peer_redis() {
    start redis redis-server --port 22651 --bind "$at" --save '' --appendonly no --dir "$work"
    sleep 1
    "$bin/idnode-bench-records" --records "$records" --as redis |
        redis-cli -h "$at" -p 22651 --pipe >/dev/null
    measure "TCP, pipelined by 16, against Redis GET" 22641 redis 22651 \
        --speaks tcp --sockets 64 --depth 16 --against-speaks redis --against-checked
    stop redis
}

peer_nginx() {
    local body
    body=$(printf '%*s' "$http_answer" '' | tr ' ' x)
    cat >"$work/nginx.conf" <<END
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.err;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    server { listen $at:22652; location / { default_type application/json; return 200 "$body"; } }
}
END
    start nginx nginx -c "$work/nginx.conf" -g "master_process off;"
    sleep 1
    measure "HTTP, one request at a time, against nginx" 22643 nginx 22652 \
        --speaks http --sockets 64 --depth 1
    stop nginx
}

for peer in knotd:knot nsd:nsd pdns_server:powerdns redis-server:redis nginx:nginx; do
    if command -v "${peer%%:*}" >/dev/null; then
        "peer_${peer##*:}" || echo "${peer##*:} could not be measured"
    else
        nothing "${peer##*:}"
    fi
done
