#!/bin/sh
# Installs what `make run` needs and is missing: PostgreSQL's server programs, a C compiler. With `test`: Chromium,
# NATS's server and libfaketime too. With `bench`: Chromium, and what Préau is compared with, ejabberd.
# By apt where it may; elsewhere it says what to type, and stops.
set -eu

missing=""

has_postgres() {
    [ -n "${PREAU_PG_BINDIR:-}" ] && [ -x "$PREAU_PG_BINDIR/postgres" ] && return 0
    [ -n "${DATABASE_URL:-}" ] && [ "${1:-}" != test ] && return 0
    command -v pg_config >/dev/null 2>&1 && [ -x "$(pg_config --bindir)/postgres" ] && return 0
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin; do
        [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && return 0
    done
    return 1
}

has_chromium() {
    [ -n "${PREAU_CHROMIUM:-}" ] && [ -x "$PREAU_CHROMIUM" ] && return 0
    for program in chromium chromium-browser google-chrome; do
        path=$(command -v $program) || continue
        # Ubuntu's package is a stub that installs a snap.
        grep -qs snap "$path" && continue
        return 0
    done
    return 1
}

for program in cargo node npm; do
    command -v $program >/dev/null 2>&1 || { echo "Install $program first: Préau is built with Rust 1.95 and Node 20 or later." >&2; exit 1; }
done
command -v cc >/dev/null 2>&1 || missing="$missing build-essential"
has_postgres "${1:-}" || missing="$missing postgresql"
if { [ "${1:-}" = test ] || [ "${1:-}" = bench ]; } && ! has_chromium; then
    if grep -qs '^ID=ubuntu' /etc/os-release; then
        echo "Ubuntu's chromium is a snap: install Chrome or Chromium and set PREAU_CHROMIUM to its program." >&2
        exit 1
    fi
    missing="$missing chromium"
fi
if [ "${1:-}" = bench ]; then
    # The server's own programs are measured: one that is somewhere else is none.
    [ -x "$(command -v psql)" ] && [ -x "$(command -v pgbench)" ] || missing="$missing postgresql"
    ls -d /usr/lib/*/ejabberd-* >/dev/null 2>&1 || missing="$missing ejabberd erlang-p1-pgsql"
fi
if [ "${1:-}" = test ]; then
    command -v nats-server >/dev/null 2>&1 || missing="$missing nats-server"
    # For a node whose clock is wrong.
    ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || missing="$missing libfaketime"
fi
[ -z "$missing" ] && exit 0

line="apt-get update && apt-get install --yes --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing:$missing. Install them with your system's packages (PostgreSQL 15 or later)." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    run=""
elif sudo -n true 2>/dev/null; then
    run="sudo"
else
    echo "Missing:$missing. As root, type: $line" >&2
    exit 1
fi
echo "Installing$missing"
# We start a server of our own: the package's would be a second one, for nothing.
$run mkdir -p /etc/postgresql-common
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    echo "create_main_cluster = false" | $run tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
# Nor is a service of NATS or ejabberd started: tests and benchmarks start them with settings of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap '$run rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | $run tee $policy >/dev/null
    $run chmod 755 $policy
fi
$run env DEBIAN_FRONTEND=noninteractive sh -c "$line"
if [ -d /run/systemd/system ]; then
    for service in nats-server ejabberd; do
        case $missing in *$service*) $run systemctl disable --quiet $service ;; esac
    done
fi
