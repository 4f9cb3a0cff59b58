# shellcheck shell=bash disable=SC2034,SC2154  # names shared with bootstrap
# Gets the kernel that test machines boot: Debian's cloud kernel, unpacked and not installed.
# Sourced by bootstrap after progress.sh and packages.sh.
#
#   vmlinuz   link to the kernel        modules   link to its lib/modules/VERSION
#   release   its version, as uname -r says it

kernel_need_mb=400

# Any version will do, so only the recipe counts: a machine keeps the kernel it once fetched.
kernel_key() { sha256sum <"$here/lib/kernel.sh" | cut -c 1-16; }

# Unpacks into $1, with $2 as scratch space.
build_kernel() {
  kernel=$1 work=$2
  mkdir -p "$kernel" "$work"
  step "fetch Debian's kernel for virtual machines" kernel_fetch
  step "unpack it" kernel_unpack
}

kernel_fetch() {
  local image
  cd "$work" || exit
  refresh_lists_for linux-image-cloud-amd64
  image=$(kernel_package)
  # If the lists are out of date the name of the newest kernel may change with them.
  apt download "$image" || {
    apt update
    apt download "$(kernel_package)"
  }
}

# linux-image-cloud-amd64 is empty and depends on the real one, whose name has the version.
kernel_package() {
  apt-cache show --no-all-versions linux-image-cloud-amd64 |
    sed -n 's/^Depends:.*\(linux-image-[0-9][^ ,]*-cloud-amd64\).*/\1/p'
}

kernel_unpack() {
  local release
  dpkg-deb -x "$work"/linux-image-*.deb "$kernel"
  release=$(basename "$kernel"/lib/modules/*)
  depmod -b "$kernel" "$release"
  ln -s "boot/vmlinuz-$release" "$kernel/vmlinuz"
  ln -s "lib/modules/$release" "$kernel/modules"
  echo "$release" >"$kernel/release"
  rm -rf "${kernel:?}/usr"
}
