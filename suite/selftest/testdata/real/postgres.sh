#!/bin/sh
# Makes the data directory of a PostgreSQL server, which root may neither make nor use.
set -eu
initdb="/usr/lib/postgresql/15/bin/initdb --auth=trust --username=postgres"
if [ "$(id -u)" = 0 ]; then
  place=$(mktemp -d)
  chown nobody "$place"
  su nobody -s /bin/sh -c "$initdb --pgdata=$place/data"
  mkdir "$1"
  mv "$place/data" "$1/data"
  chown nobody "$1"
  rmdir "$place"
else
  $initdb --pgdata="$1/data"
fi
