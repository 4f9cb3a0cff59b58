// What xz(1) and zstd(1) have packed, whole and broken.
#include "frontend/common/unpack.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "frontend/common/module_content.h"
#include "tests/unit/temporary_directory.h"

namespace {

using frontend::ModuleFile;
using frontend::ModulePacking;
using Unpack = sys::Result<std::string> (*)(std::string_view packed, std::size_t limit);

constexpr std::size_t limit = 8u << 20;

// Text that packs well, of 600 kB: more than a buffer's worth.
std::string sample() {
  std::string text =
      "\x7f"
      "ELF";
  for (int i = 0; i < 100000; ++i)
    text += std::to_string(i * 7919 % 1000) + "\n";
  return text;
}

void write_file(const std::string& path, std::string_view content) { std::ofstream(path, std::ios::binary) << content; }

std::string read_file(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(content).str();
}

std::string packed_by(const std::string& command, std::string_view content) {
  const fakes::TemporaryDirectory folder;
  write_file(folder / "in", content);
  REQUIRE(std::system((command + " <" + folder / "in" + " >" + folder / "out").c_str()) == 0);
  return read_file(folder / "out");
}

std::string reason(const sys::Result<std::string>& result) { return result ? "no error" : result.error().what; }

struct Format {
  const char* command;
  const char* suffix;
  Unpack unpack;
  ModulePacking packing;
};
constexpr Format formats[] = {
    {"xz", ".ko.xz", frontend::unpack_xz, ModulePacking::xz},
    {"zstd -q --check", ".ko.zst", frontend::unpack_zstd, ModulePacking::zstd},
};

}  // namespace

TEST_CASE("unpack: what the programs have packed, in every way that modules are") {
  const std::string content = sample();
  for (const char* command : {"xz", "xz -9e", "xz --check=crc32 --lzma2=dict=2MiB", "xz -T2 --block-size=100KiB"}) {
    CAPTURE(command);
    CHECK(frontend::unpack_xz(packed_by(command, content), limit) == content);
  }
  for (const char* command : {"zstd -q", "zstd -q --ultra -22", "zstd -q -T2 --no-check"}) {
    CAPTURE(command);
    CHECK(frontend::unpack_zstd(packed_by(command, content), limit) == content);
  }
}

TEST_CASE("unpack: nothing, and several one after the other") {
  for (const Format& format : formats) {
    CAPTURE(format.command);
    const std::string nothing = packed_by(format.command, "");
    const std::string one = packed_by(format.command, "one, ");
    CHECK(format.unpack(nothing, limit) == "");
    CHECK(format.unpack(one + nothing + packed_by(format.command, "two"), limit) == "one, two");
  }
}

TEST_CASE("unpack: a file that ends too early is refused, wherever it does") {
  for (const Format& format : formats) {
    const std::string packed = packed_by(format.command, "so many words, so many words, so many words");
    for (std::size_t size = 0; size < packed.size(); ++size) {
      CAPTURE(format.command);
      CAPTURE(size);
      CHECK(reason(format.unpack(packed.substr(0, size), limit)).find("ends too early") != std::string::npos);
    }
    const std::string large = packed_by(format.command, sample());
    CHECK(reason(format.unpack(large.substr(0, large.size() / 2), limit)).find("ends too early") != std::string::npos);
  }
}

TEST_CASE("unpack: a changed byte, something behind the end, and another format are refused") {
  for (const Format& format : formats) {
    const std::string packed = packed_by(format.command, sample());
    std::string broken = packed;
    broken[broken.size() / 2] ^= 0x10;
    CHECK_FALSE(format.unpack(broken, limit));
    CHECK_FALSE(format.unpack(packed + "x", limit));
    CHECK_FALSE(format.unpack(packed + "something else", limit));
    CHECK_FALSE(format.unpack(sample(), limit));
  }
  CHECK(reason(frontend::unpack_xz(packed_by("zstd -q", "x"), limit)) == "not an xz file");
}

TEST_CASE("unpack: what unpacks to more than the limit, or takes more memory than is given, is refused") {
  const std::string zeros(1u << 20, '\0');
  for (const Format& format : formats) {
    const std::string packed = packed_by(format.command, zeros);
    CHECK(packed.size() < 4096);
    CHECK(format.unpack(packed, zeros.size()) == zeros);
    CHECK(reason(format.unpack(packed, zeros.size() - 1)) == "more than 1048575 bytes when unpacked");
  }
  CHECK(reason(frontend::unpack_xz(packed_by("xz --lzma2=dict=256MiB", "x"), limit)).find("128 MiB") !=
        std::string::npos);
  CHECK_FALSE(frontend::unpack_zstd(packed_by("zstd -q --long=28", zeros), limit));
}

TEST_CASE("module content: unpacked by its suffix; errors name the file") {
  const fakes::TemporaryDirectory folder;
  const std::string content = sample();
  write_file(folder / "a.ko", content);
  CHECK(frontend::module_content({"a", folder / "a.ko"}) == content);
  for (const Format& format : formats) {
    const std::string path = folder / "a" + format.suffix;
    const ModuleFile module{"a", path, format.packing};
    const std::string packed = packed_by(format.command, content);
    write_file(path, packed);
    CHECK(frontend::module_content(module) == content);
    CHECK(reason(frontend::module_content(module, content.size() - 1)).find(path + ": more than") == 0);
    write_file(path, packed.substr(0, packed.size() - 8));
    CHECK(reason(frontend::module_content(module)).find(path + ": a") == 0);
    std::string broken = packed;
    broken[100] ^= 1;
    write_file(path, broken);
    CHECK(reason(frontend::module_content(module)).find(path + ": a broken") == 0);
    write_file(path, packed_by(format.command, "text"));
    CHECK(reason(frontend::module_content(module)) == path + ": not a kernel module (no ELF header)");
  }
  CHECK(reason(frontend::module_content({"a", folder / "none.ko"})).find(folder / "none.ko") != std::string::npos);
  CHECK(reason(frontend::module_content({"a", folder / "a.ko"}, 100)).find(folder / "a.ko") != std::string::npos);
}
