// What is read from ELF files, and that no file, however it lies, makes the reader do anything else than refuse it.
#include "frontend/common/elf.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <random>

#include "tests/unit/frontend_elf_image.h"

namespace {

using fakes::elf32;
using fakes::elf64;
using fakes::ElfImage;
using fakes::read_elf_bytes;
using Names = std::vector<std::string>;

const ElfImage full = {
    .interpreter = "/lib64/ld.so", .needed = {"liba.so.1", "libb.so"}, .runpath = "/opt/lib:$ORIGIN/../lib"};

// Overwrites the field of `bytes` at `offset`.
template <class T> std::string with(std::string bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return bytes;
}

constexpr std::size_t segment_at(std::size_t index) { return sizeof(Elf64_Ehdr) + index * sizeof(Elf64_Phdr); }

std::string why_refused(const std::string& bytes) {
  const auto facts = read_elf_bytes(bytes);
  return facts ? "accepted" : facts.error().what;
}

}  // namespace

TEST_CASE("elf: a program names its interpreter, its libraries and where they are") {
  const auto facts = read_elf_bytes(elf64(full));
  REQUIRE(facts);
  REQUIRE(*facts);
  CHECK((*facts)->architecture == "x86_64");
  CHECK((*facts)->bits == 64);
  CHECK((*facts)->interpreter == "/lib64/ld.so");
  CHECK((*facts)->needed == Names{"liba.so.1", "libb.so"});
  CHECK((*facts)->runpath == Names{"/opt/lib", "$ORIGIN/../lib"});
  CHECK((*facts)->rpath.empty());
}

TEST_CASE("elf: a runpath makes the loader forget the rpath") {
  ElfImage image = full;
  image.rpath = "/old";
  CHECK(read_elf_bytes(elf64(image)).value()->rpath.empty());
  image.runpath.clear();
  CHECK(read_elf_bytes(elf64(image)).value()->rpath == Names{"/old"});
}

TEST_CASE("elf: a library says its name") {
  CHECK(read_elf_bytes(elf64({.soname = "liba.so.1"})).value()->soname == "liba.so.1");
  CHECK(read_elf_bytes(elf32({.soname = "liba.so.1"})).value()->soname == "liba.so.1");
  CHECK(read_elf_bytes(elf64(full)).value()->soname.empty());
}

TEST_CASE("elf: a static program asks for nothing") {
  const auto facts = read_elf_bytes(elf64({.type = ET_EXEC}));
  REQUIRE(facts);
  CHECK((*facts)->interpreter.empty());
  CHECK((*facts)->needed.empty());
}

TEST_CASE("elf: machines have the names that uname -m gives them") {
  CHECK(read_elf_bytes(elf64({.machine = EM_AARCH64})).value()->architecture == "aarch64");
  CHECK(read_elf_bytes(elf64({.machine = EM_RISCV})).value()->architecture == "riscv64");
  CHECK(read_elf_bytes(elf64({.machine = EM_PPC64})).value()->architecture == "ppc64le");
  CHECK(read_elf_bytes(elf64({.machine = 9999})).value()->architecture == "machine 9999");
  const auto small = read_elf_bytes(elf32({.machine = EM_386, .needed = {"libc.so.6"}}));
  CHECK(small.value()->architecture == "i686");
  CHECK(small.value()->bits == 32);
  CHECK(small.value()->needed == Names{"libc.so.6"});
}

TEST_CASE("elf: what does not begin like an ELF file is none") {
  CHECK(!read_elf_bytes("").value());
  CHECK(!read_elf_bytes("#!/bin/sh\nexit 0 # a script is no program\n").value());
  CHECK(!read_elf_bytes("\177ELF").value());
}

TEST_CASE("elf: objects, big-endian files and strange classes are refused") {
  CHECK(why_refused(elf64({.type = ET_REL})) == "neither a program nor a library");
  CHECK(why_refused(with<unsigned char>(elf64(full), EI_DATA, ELFDATA2MSB)).find("big-endian") != std::string::npos);
  CHECK(why_refused(with<unsigned char>(elf64(full), EI_CLASS, 7)).find("neither 32 nor 64") != std::string::npos);
}

TEST_CASE("elf: counts and offsets that lie are refused") {
  const std::string good = elf64(full);
  const auto huge = ~std::uint64_t{0};
  const auto segments = offsetof(Elf64_Ehdr, e_phnum), table = offsetof(Elf64_Ehdr, e_phoff);
  CHECK(why_refused(with<std::uint16_t>(good, segments, 0xffff)).find("65535 segments") != std::string::npos);
  CHECK(why_refused(with(good, table, huge)).find("ends too early") != std::string::npos);
  CHECK(why_refused(with(good, table, huge - 100)).find("ends too early") != std::string::npos);
  CHECK(why_refused(with<std::uint16_t>(good, offsetof(Elf64_Ehdr, e_phentsize), 1)).find("header size") !=
        std::string::npos);

  const std::size_t dynamic = segment_at(1), interpreter = segment_at(2);
  CHECK(why_refused(with(good, dynamic + offsetof(Elf64_Phdr, p_filesz), huge)).find("dynamic entries") !=
        std::string::npos);
  CHECK(why_refused(with(good, dynamic + offsetof(Elf64_Phdr, p_offset), huge)).find("ends too early") !=
        std::string::npos);
  CHECK(why_refused(with(good, interpreter + offsetof(Elf64_Phdr, p_offset), huge)).find("without an end") !=
        std::string::npos);
  CHECK(why_refused(with(good, segment_at(0) + offsetof(Elf64_Phdr, p_vaddr), huge)).find("no string table") !=
        std::string::npos);
}

TEST_CASE("elf: a string without an end is not followed for ever") {
  ElfImage image = full;
  image.interpreter = "/" + std::string(100000, 'x');
  CHECK(why_refused(elf64(image)).find("without an end") != std::string::npos);
}

TEST_CASE("elf: a loader must have a clean absolute path") {
  ElfImage image = full;
  for (const char* path : {"ld.so", "/lib/../ld.so", "/lib//ld.so"}) {
    image.interpreter = path;
    CHECK(why_refused(elf64(image)).find("absolute path") != std::string::npos);
  }
}

TEST_CASE("elf: more libraries than anybody has are refused") {
  ElfImage image;
  for (int i = 0; i < 600; ++i)
    image.needed.push_back("lib" + std::to_string(i));
  CHECK(why_refused(elf64(image)).find("too many needed") != std::string::npos);
}

TEST_CASE("elf: a file cut short anywhere is refused or no ELF file") {
  const std::string good = elf64(full);
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto facts = read_elf_bytes(good.substr(0, size));
    CHECK_MESSAGE((!facts || !*facts), "accepted at ", size, " of ", good.size());
  }
}

TEST_CASE("elf: any byte may be wrong") {
  std::minstd_rand random(1);  // the same bytes in every run
  const std::string good = elf64(full);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 3; ++i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto facts = read_elf_bytes(bytes);
    if (facts && *facts) CHECK((*facts)->needed.size() <= 512);
  }
}

TEST_CASE("elf: an error of the disk is an error, not another kind of file") {
  const auto facts = frontend::read_elf([](std::uint64_t, std::span<std::byte>) -> sys::Result<std::size_t> {
    return sys::failure(EIO, "read the disk");
  });
  REQUIRE(!facts);
  CHECK(facts.error().code == EIO);
}
