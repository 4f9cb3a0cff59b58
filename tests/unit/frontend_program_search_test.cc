// Where libraries are looked for, on a disk that is a list of paths.
#include <doctest/doctest.h>

#include <cstring>
#include <set>

#include "frontend/common/library_search.h"
#include "frontend/common/loader_cache.h"

namespace {

using frontend::ElfFacts;
using frontend::LibrarySearch;
using frontend::LoadedObject;
using frontend::LoaderCache;

// Libraries for x86_64 and for i686, by path.
struct Disk {
  std::set<std::string> files;
  std::set<std::string> small_files;
  bool operator()(const std::string& path, const ElfFacts& like) const {
    return (like.bits == 64 ? files : small_files).contains(path);
  }
};

LoadedObject program(ElfFacts elf = {}) {
  elf.architecture = "x86_64";
  return {"/home/u/bin/solver", "/data/real/bin/solver", std::move(elf), nullptr};
}

std::string found_path(const std::optional<frontend::Located>& found) { return found ? found->path : "nothing"; }

}  // namespace

TEST_CASE("library search: the order is that of ld.so(8)") {
  const LoaderCache cache = {{"libx.so", "/usr/local/lib/libx.so"}};
  Disk disk{{"/rpath/libx.so", "/env/libx.so", "/runpath/libx.so", "/usr/local/lib/libx.so", "/lib/libx.so"}, {}};
  const auto find = [&](const ElfFacts& elf) {
    return found_path(LibrarySearch(cache, "/env", disk).find("libx.so", program(elf)));
  };
  const ElfFacts with_rpath{.rpath = {"/rpath"}}, with_runpath{.runpath = {"/runpath"}};
  CHECK(find(with_rpath) == "/rpath/libx.so");
  CHECK(find(with_runpath) == "/env/libx.so");
  disk.files.erase("/env/libx.so");
  CHECK(find(with_runpath) == "/runpath/libx.so");
  CHECK(find({}) == "/usr/local/lib/libx.so");
  disk.files.erase("/usr/local/lib/libx.so");
  CHECK(find({}) == "/lib/libx.so");
  disk.files.erase("/lib/libx.so");
  CHECK(find({}) == "nothing");
}

TEST_CASE("library search: an rpath counts for what is brought in, a runpath does not") {
  const Disk disk{{"/a/libx.so"}, {}};
  const LibrarySearch search({}, "", disk);
  const LoadedObject by_rpath = program({.rpath = {"/a"}}), by_runpath = program({.runpath = {"/a"}});
  LoadedObject library{"/lib/liby.so", "/lib/liby.so", {.architecture = "x86_64"}, &by_rpath};
  CHECK(found_path(search.find("libx.so", library)) == "/a/libx.so");
  library.loader = &by_runpath;
  CHECK(found_path(search.find("libx.so", library)) == "nothing");
  library.loader = &by_rpath;
  library.elf.runpath = {"/b"};
  CHECK(found_path(search.find("libx.so", library)) == "nothing");
}

TEST_CASE("library search: $ORIGIN is one directory on the node and may be another here") {
  const Disk disk{{"/data/real/bin/../lib/libx.so"}, {}};
  for (const char* path : {"$ORIGIN/../lib", "${ORIGIN}/../lib"}) {
    const auto found = LibrarySearch({}, "", disk).find("libx.so", program({.runpath = {path}}));
    REQUIRE(found);
    CHECK(found->path == "/home/u/lib/libx.so");
    CHECK(found->source == "/data/real/bin/../lib/libx.so");
    CHECK_FALSE(found->through_cache);
  }
}

TEST_CASE("library search: a file for another machine is passed over") {
  const Disk disk{{"/b/libx.so"}, {"/a/libx.so"}};
  CHECK(found_path(LibrarySearch({}, "/a:/b", disk).find("libx.so", program())) == "/b/libx.so");
}

TEST_CASE("library search: the directories of Debian's loaders have names of their own") {
  const Disk disk{{"/usr/lib/x86_64-linux-gnu/libx.so"}, {"/lib/i386-linux-gnu/libx.so"}};
  const LibrarySearch search({}, "", disk);
  CHECK(found_path(search.find("libx.so", program())) == "/usr/lib/x86_64-linux-gnu/libx.so");
  const LoadedObject small{"/p", "/p", {.architecture = "i686", .bits = 32}, nullptr};
  CHECK(found_path(search.find("libx.so", small)) == "/lib/i386-linux-gnu/libx.so");
}

TEST_CASE("library search: who needs the cache on the node is told") {
  const LoaderCache cache = {{"liba.so", "/usr/local/lib/liba.so"}, {"libb.so", "/lib/x86_64-linux-gnu/libb.so"}};
  const Disk disk{{"/usr/local/lib/liba.so", "/lib/x86_64-linux-gnu/libb.so"}, {}};
  const LibrarySearch search(cache, "", disk);
  CHECK(search.find("liba.so", program())->through_cache);
  CHECK_FALSE(search.find("libb.so", program())->through_cache);
}

TEST_CASE("library search: a name with a slash is taken as it is, and only when it is absolute") {
  const Disk disk{{"/a/libx.so", "./libx.so", "//libx.so", "/libx.so"}, {}};
  const LibrarySearch search({}, "::relative", disk);
  CHECK(found_path(search.find("/a/libx.so", program())) == "/a/libx.so");
  CHECK(found_path(search.find("./libx.so", program())) == "nothing");
  CHECK(found_path(search.find("libx.so", program())) == "nothing");  // an empty directory is not the root
}

TEST_CASE("library search: where it looks is told in its order, each place once") {
  const LibrarySearch search({}, "/env:/lib", Disk{});
  const LoadedObject by_rpath = program({.rpath = {"$ORIGIN/../lib", "/env"}});
  const LoadedObject library{"/a/liby.so", "/a/liby.so", {.architecture = "x86_64", .rpath = {"/own"}}, &by_rpath};
  CHECK(search.places("libx.so", library) == std::vector<std::string>{"/own", "/data/real/bin/../lib", "/env", "/lib",
                                                                      "/etc/ld.so.cache", "/lib/x86_64-linux-gnu",
                                                                      "/usr/lib/x86_64-linux-gnu", "/usr/lib", "/lib64",
                                                                      "/usr/lib64"});
  CHECK(search.places("$ORIGIN/libx.so", library) == std::vector<std::string>{"/a/libx.so"});
}

namespace {

struct CacheEntry {
  std::string name, path;
  std::uint64_t hwcap = 0;
};

// As ldconfig writes it.
std::string cache_file(const std::vector<CacheEntry>& entries) {
  std::string strings, table;
  const auto strings_at = static_cast<std::uint32_t>(48 + entries.size() * 24);
  for (const CacheEntry& entry : entries) {
    const std::int32_t flags = 0x303;
    const std::uint32_t key = strings_at + static_cast<std::uint32_t>(strings.size());
    const std::uint32_t value = key + static_cast<std::uint32_t>(entry.name.size()) + 1, os_version = 0;
    strings += entry.name + '\0' + entry.path + '\0';
    for (const auto& [at, size] : {std::pair<const void*, std::size_t>{&flags, 4},
                                   {&key, 4},
                                   {&value, 4},
                                   {&os_version, 4},
                                   {&entry.hwcap, 8}}) {
      table.append(static_cast<const char*>(at), size);
    }
  }
  std::string header = "glibc-ld.so.cache1.1";
  const auto count = static_cast<std::uint32_t>(entries.size());
  header.append(reinterpret_cast<const char*>(&count), sizeof count);
  header.resize(48);
  return header + table + strings;
}

}  // namespace

TEST_CASE("loader cache: names lead to paths, in order, without what is for special processors") {
  const auto cache = frontend::parse_loader_cache(
      cache_file({{"libx.so", "/a/libx.so"}, {"libx.so", "/fast/libx.so", 1ull << 62}, {"libx.so", "/b/libx.so"}}));
  REQUIRE(cache.count("libx.so") == 2);
  auto entry = cache.find("libx.so");
  CHECK((entry++)->second == "/a/libx.so");
  CHECK(entry->second == "/b/libx.so");
}

TEST_CASE("loader cache: an older table may stand before it") {
  CHECK(frontend::parse_loader_cache("ld.so-1.7.0 and more" + cache_file({{"l", "/l"}})).size() == 1);
}

TEST_CASE("loader cache: a broken one is an empty or shorter one") {
  const std::string good = cache_file({{"liba.so", "/a"}, {"libb.so", "/b"}});
  CHECK(frontend::parse_loader_cache("").empty());
  CHECK(frontend::parse_loader_cache("rubbish").empty());
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(frontend::parse_loader_cache(good.substr(0, size)).size() < 2);
  std::string many = good;
  const std::uint32_t count = 0xffffffff;
  std::memcpy(many.data() + 20, &count, sizeof count);
  CHECK(frontend::parse_loader_cache(many).empty());
  CHECK(frontend::parse_loader_cache(cache_file({{"libx.so", "relative"}})).empty());
}
