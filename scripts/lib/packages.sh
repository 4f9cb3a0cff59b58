# shellcheck shell=bash
# The Debian packages that building and testing need, and how they are got. Sourced by bootstrap.

# One row per group: why | packages.
package_table='
compiler and build        | g++-12 make cmake ninja-build ccache pkg-config file
C++ library for musl      | gcc-12-source xz-utils zstd
C library and kernel ABI  | musl-dev linux-libc-dev
libraries, header-only    | libcereal-dev libtomlplusplus-dev libexpected-dev libcli11-dev nlohmann-json3-dev
libraries, compiled       | libmnl-dev libsodium-dev
packed kernel modules     | liblzma-dev libzstd-dev
unit tests                | doctest-dev
fuzzing                   | clang-14 libclang-rt-14-dev
format and lint           | clang-format-14 clang-tidy-14 shellcheck
tests with namespaces     | python3 python3-cryptography iproute2 rarpd tcpdump strace
tests with whole machines | qemu-system-x86 kmod
tests of NFS mounts       | nfs-ganesha nfs-ganesha-vfs rpcbind
tests of MPI launchers    | mpich
'

# What programs of tests/bench compare nodeinit with; only for bootstrap --benches.
# shellcheck disable=SC2034  # bootstrap reads it
bench_package_table='
bench channel: TLS        | openssl
bench setup: files        | rsync openssh-server clustershell
bench launch: processes   | pdsh slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge
'

package_names() {
  printf '%s' "$package_table" | sed -n 's/^[^|]*|//p' | tr -s ' ' '\n' | sed '/^$/d'
}

# Prints the packages of the table that are not installed, one per line.
missing_packages() {
  # shellcheck disable=SC2016  # the names are dpkg-query's
  comm -23 <(package_names | sort) \
    <(package_names | xargs dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' 2>/dev/null |
      sed -n 's/^.i *//p' | sort -u)
}

# name=version of each given package, in a form fit for hashing.
# shellcheck disable=SC2016
package_versions() { dpkg-query -W -f='${Package}=${Version}\n' "$@" | sort; }

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
    -o APT::Sandbox::User=root -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold "$@"
}

# Can every one of these packages be installed from the package lists as they are now?
apt_can_install() { apt install --simulate --no-install-recommends "$@" >/dev/null 2>&1; }

# Fetches new package lists, but only if the present ones do not offer what is asked.
refresh_lists_for() {
  apt_can_install "$@" && return 0
  apt update
  apt install --simulate --no-install-recommends "$@"
}

# The links by which systemd starts services at boot.
enabled_services() { { find /etc/systemd/system -path '*.wants/*' -type l 2>/dev/null || true; } | sort; }

# policy-rc.d keeps packages from starting their services; their scripts (deb-systemd-helper) enable them all the same, for
# the next boot. As when the administrator has disabled them, upgrades leave it at that.
disable_services_but() {
  comm -13 <(printf '%s\n' "$1") <(enabled_services) | while IFS= read -r link; do rm -f "$link"; done
}

# Installs packages without letting any of them start a service: a rarpd that answers on the real
# network of the machine is not what its owner asked for.
install_packages() {
  local policy=/usr/sbin/policy-rc.d enabled
  enabled=$(enabled_services)
  dpkg --configure -a  # an earlier run may have been interrupted
  if [ ! -e "$policy" ]; then
    # shellcheck disable=SC2064  # the path is wanted as it is now
    trap "rm -f $policy" EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\n# temporary, by nodeinit scripts/bootstrap\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  # A package may have moved on since the lists were fetched: one more try with new ones.
  RUNLEVEL=1 apt install --no-install-recommends "$@" || {
    apt update
    RUNLEVEL=1 apt install --no-install-recommends "$@"
  }
  disable_services_but "$enabled"
}

# An ssh daemon that is there for a bench is none that the machine's next start is to open to the network. Before it is
# installed: its service and its start script look for this file.
keep_sshd_off() { mkdir -p /etc/ssh && touch /etc/ssh/sshd_not_to_be_run; }

# Megabytes that installing these packages takes: archives and contents together. Not through
# apt() above: its -y would win over --assume-no, which makes apt-get print the sizes and stop.
install_need_mb() {
  { LC_ALL=C apt-get -o Debug::NoLocking=true --assume-no --no-install-recommends install "$@" || true; } |
    awk '
    function mb(n, unit) {
      gsub(",", "", n)
      return unit ~ /^kB/ ? n / 1000 : unit ~ /^GB/ ? n * 1000 : unit ~ /^B/ ? 0 : n
    }
    /^Need to get/ { total += mb($4, $5) }
    /^After this operation/ && /used/ { total += mb($4, $5) }
    END { printf "%d\n", total + 1 }'
}
