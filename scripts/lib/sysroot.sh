# shellcheck shell=bash disable=SC2034,SC2154  # names shared with bootstrap
# Builds the musl sysroot: a folder that turns Debian's g++-12 into a compiler of static musl
# programs. Sourced by bootstrap after progress.sh and packages.sh; $here is scripts/.
#
#   include/  musl, kernel headers, libstdc++, third-party headers
#   lib/      libc.a, libstdc++.a, libgcc_eh.a, libmnl.a, libsodium.a, liblzma.a, libzstd.a, start files
#   musl.specs  tells gcc all of this; use with --sysroot=DIR -specs=DIR/musl.specs
#
# Nothing inside names its own location, so the finished folder can be renamed into place.

sysroot_packages=(g++-12 gcc-12-source musl-dev linux-libc-dev libcereal-dev libtomlplusplus-dev
  doctest-dev libexpected-dev libcli11-dev nlohmann-json3-dev libsodium-dev liblzma-dev libzstd-dev)
sysroot_need_mb=600

gcc_version=12.2.0
gnu=x86_64-linux-gnu
musl=x86_64-linux-musl

# Changes when anything that goes into the sysroot changes.
sysroot_key() {
  {
    cat "$here/lib/sysroot.sh" "$here/lib/musl.specs" "$here"/lib/shims/*.c
    package_versions "${sysroot_packages[@]}"
  } | sha256sum | cut -c 1-16
}

# Builds into $1, with $2 as scratch space.
build_sysroot() {
  sysroot=$1 work=$2
  mkdir -p "$sysroot/include" "$sysroot/lib" "$work"
  step "C library, kernel and header-only libraries" sysroot_headers
  step "unpack the compiler's sources" sysroot_unpack_gcc
  step "unwinder for musl" sysroot_unwinder
  step "C++ library for musl: configure" sysroot_configure_cxx
  step "C++ library for musl: build (about a minute)" sysroot_build_cxx
  step "libsodium" sysroot_sodium
  step "liblzma and libzstd" sysroot_unpackers
  step "libmnl (static, from Debian 13)" sysroot_mnl
  step "try the compiler" sysroot_try
}

# -R without -p: new modification times, so that a rebuilt sysroot also rebuilds its users.
sysroot_headers() {
  cp -R "/usr/include/$musl/." "$sysroot/include/"
  cp -R /usr/include/linux /usr/include/asm-generic "$sysroot/include/"
  cp -R "/usr/include/$gnu/asm" "$sysroot/include/asm"
  cp -R /usr/lib/$musl/*.a /usr/lib/$musl/*.o "$sysroot/lib/"
  cp -RL /usr/include/{cereal,toml++,doctest,tl,CLI,nlohmann} "$sysroot/include/"
  cp "$here/lib/musl.specs" "$sysroot/musl.specs"
}

sysroot_unpack_gcc() {
  local top=gcc-$gcc_version
  mkdir "$work/gcc"
  tar -xJf "/usr/src/gcc-12/$top-dfsg.tar.xz" -C "$work/gcc" --strip-components=1 \
    --wildcards --no-wildcards-match-slash \
    --exclude="$top/libstdc++-v3/testsuite/*/*" --exclude="$top/libstdc++-v3/doc/html" \
    --exclude="$top/libstdc++-v3/doc/xml" \
    "$top/libstdc++-v3" "$top/libgcc" "$top/config" "$top/include" "$top/libiberty" \
    "$top/config.*" "$top/config-ml.in" "$top/install-sh" "$top/missing" "$top/mkinstalldirs" \
    "$top/depcomp" "$top/compile" "$top/move-if-change" "$top/ltmain.sh" \
    "$top/gcc/BASE-VER" "$top/gcc/DATESTAMP" "$top/gcc/DEV-PHASE"
  # A whole gcc build makes this link. Without it libstdc++ silently leaves out its threads.
  ln -s gthr-posix.h "$work/gcc/libgcc/gthr-default.h"
}

cross() { "$gnu-$1-12" --sysroot="$sysroot" -specs="$sysroot/musl.specs" "${@:2}"; }

# The installed libgcc_eh.a calls glibc's _dl_find_object; this one uses dl_iterate_phdr, which
# musl has. Three files of libgcc, with stand-ins for the headers that a gcc build would generate.
sysroot_unwinder() {
  local generated=$work/unwinder/generated name
  mkdir -p "$generated"
  cat >"$generated/tsystem.h" <<'END'
#include <stddef.h>
#include "ansidecl.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define gcc_assert(condition) ((void)(!(condition) ? abort(), 0 : 0))
#define gcc_unreachable() __builtin_unreachable()
END
  for name in tconfig coretypes libgcc_tm; do : >"$generated/$name.h"; done
  echo '#define DWARF_REG_TO_UNWIND_COLUMN(column) (column)' >"$generated/tm.h"
  echo '#define HAVE_GETIPINFO 1' >"$generated/auto-target.h"
  echo '#include "config/i386/linux-unwind.h"' >"$generated/md-unwind-support.h"
  echo '#include "unwind-generic.h"' >"$generated/unwind.h"
  echo '#include "gthr-posix.h"' >"$generated/gthr-default.h"
  for name in unwind-dw2 unwind-dw2-fde-dip unwind-c; do
    cross gcc -O2 -g0 -fPIC -fexceptions -fnon-call-exceptions -fno-stack-protector \
      -fvisibility=hidden -ffunction-sections -fdata-sections -fbuilding-libgcc \
      -DIN_GCC -DIN_LIBGCC2 -DHIDE_EXPORTS -DGTHREAD_USE_WEAK=0 -DUSE_PT_GNU_EH_FRAME \
      -I"$generated" -I"$work/gcc/libgcc" -I"$work/gcc/include" \
      -c "$work/gcc/libgcc/$name.c" -o "$work/unwinder/$name.o"
  done
  "$gnu-gcc-ar-12" rcs "$sysroot/lib/libgcc_eh.a" "$work"/unwinder/*.o
}

# The include path must not hold a finished C++ library yet, or configure would find that one.
sysroot_configure_cxx() {
  local flags="-Os -g0 -ffunction-sections -fdata-sections"
  local use="--sysroot=$sysroot -specs=$sysroot/musl.specs"
  mkdir "$work/cxx"
  cd "$work/cxx" || exit
  "$work/gcc/libstdc++-v3/configure" --build=$gnu --host=$musl \
    --prefix="$sysroot" --libdir="$sysroot/lib" --with-gxx-include-dir="$sysroot/include/c++/12" \
    --with-gcc-major-version-only --disable-multilib --disable-shared --enable-static \
    --disable-nls --disable-libstdcxx-pch --disable-libstdcxx-dual-abi \
    --disable-libstdcxx-filesystem-ts --disable-libstdcxx-verbose --disable-dependency-tracking \
    CC="$gnu-gcc-12 $use" CXX="$gnu-g++-12 $use" AR="$gnu-gcc-ar-12" RANLIB="$gnu-gcc-ranlib-12" \
    CFLAGS="$flags" CXXFLAGS="$flags" | tee configure.output
  grep -q 'gthreads library... yes' configure.output
}

sysroot_build_cxx() {
  make -C "$work/cxx" -j "$(nproc)"
  make -C "$work/cxx" install
  rm -rf "$sysroot"/lib/*.la "$sysroot"/lib/*-gdb.py "$sysroot/share"
}

# Adds what a library built for glibc misses in musl as one more member of the library.
add_shim() {
  cross gcc -Os -fPIC -ffunction-sections -Wall -Wextra -Werror \
    -c "$here/lib/shims/$1.c" -o "$work/musl_shim.o"
  "$gnu-gcc-ar-12" rs "$sysroot/lib/$1.a" "$work/musl_shim.o"
}

sysroot_sodium() {
  cp -R /usr/include/sodium.h /usr/include/sodium "$sysroot/include/"
  cp "/usr/lib/$gnu/libsodium.a" "$sysroot/lib/"
  add_shim libsodium
}

# Debian's as they are: what unpacks needs nothing that musl does not have. Their threads, which are
# glibc's inside, are not for use.
sysroot_unpackers() {
  cp -R /usr/include/lzma.h /usr/include/lzma /usr/include/zstd.h /usr/include/zstd_errors.h \
    "$sysroot/include/"
  cp "/usr/lib/$gnu/liblzma.a" "/usr/lib/$gnu/libzstd.a" "$sysroot/lib/"
}

# Debian 12's libmnl-dev has no static library, Debian 13's has. That one package is fetched with
# an apt configuration of its own: the machine's sources, lists and cache are not touched.
sysroot_mnl() {
  local mirror
  mkdir "$work/mnl"
  cd "$work/mnl" || exit
  mirror=$(apt-get indextargets --format "\$(REPO_URI)" 'Codename: bookworm' \
    'Created-By: Packages' | head -n 1)
  fetch_trixie "${mirror:-http://deb.debian.org/debian}" libmnl-dev ||
    fetch_trixie http://deb.debian.org/debian libmnl-dev
  dpkg-deb -x libmnl-dev_*.deb unpacked
  cp -R unpacked/usr/include/libmnl "$sysroot/include/"
  cp "$(find unpacked -name libmnl.a)" "$sysroot/lib/"
  add_shim libmnl
}

fetch_trixie() {
  local state=$PWD/apt
  rm -rf "$state"
  mkdir -p "$state"/{sources,lists/partial,cache/archives/partial,empty}
  cat >"$state/sources/trixie.sources" <<END
Types: deb
URIs: $1
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
  local options=(-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$state/sources"
    -o "Dir::Etc::preferences=/dev/null" -o "Dir::Etc::preferencesparts=$state/empty"
    -o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state/cache" -o Acquire::Languages=none)
  apt "${options[@]}" update && apt "${options[@]}" download "$2"
}

# A C++ library without threads or an unwinder without frames would show only much later.
sysroot_try() {
  cat >"$work/try.cc" <<'END'
#include <libmnl/libmnl.h>
#include <lzma.h>
#include <sodium.h>
#include <zstd.h>
#include <stdexcept>
#include <string>
#include <thread>
int main() {
  int caught = 0;
  std::thread([&] {
    try {
      throw std::runtime_error(std::string(100, 'x'));
    } catch (const std::exception&) {
      caught = 1;
    }
  }).join();
  char buffer[64] = {};
  mnl_nlmsg_fprintf(stderr, buffer, 0, 0);
  sodium_memzero(buffer, sizeof buffer);
  lzma_stream xz = LZMA_STREAM_INIT;
  const bool unpacks = lzma_stream_decoder(&xz, 1u << 20, 0) == LZMA_OK;
  lzma_end(&xz);
  const std::size_t nothing = ZSTD_decompress(buffer, sizeof buffer, "", 0);
  return caught == 1 && sodium_init() == 0 && unpacks && nothing == 0 ? 0 : 1;
}
END
  cross g++ -Os -std=c++20 "$work/try.cc" -o "$work/try" -lmnl -lsodium -llzma -lzstd
  file "$work/try"
  "$work/try"
}
