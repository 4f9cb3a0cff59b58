#include "process/placement.h"

#include <doctest/doctest.h>

#include "sys/path.h"
#include "tests/fakes/fake_content.h"
#include "tests/fakes/fake_files.h"

using process::place;
using process::PlacementRequest;

namespace {

const std::string program = "/usr/bin/hello", library = "/lib/libc.so";
constexpr const char* cached_program = "/cache/program";
constexpr const char* cached_library = "/cache/library";

struct Node {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  PlacementRequest request;

  Node() {
    files.put(cached_program, "program", 0755);
    files.put(cached_library, "library", 0755);
    request.program = program;
    request.entries = {{program, fakes::content_of("program"), 0755}, {library, fakes::content_of("library"), 0755}};
    request.cached = {cached_program, cached_library};
    request.tag = "tag";
  }
  std::uint64_t inode(const std::string& path) { return files.facts(path)->value().inode; }
  bool linked(const std::string& path, const std::string& cached) { return inode(path) == inode(cached); }
  std::string in_programs() const {
    return "/run/nodeinit/programs/" + content::format_hash(request.entries[0].content.hash) + "/hello";
  }
};

std::string complaint(Node& node) {
  const auto path = place(node.files, node.request);
  return path ? "none" : path.error().text();
}

}  // namespace

TEST_CASE("files are linked from the cache to their own paths") {
  Node node;
  CHECK(place(node.files, node.request).value() == program);
  CHECK(node.linked(program, cached_program));
  CHECK(node.linked(library, cached_library));
}

TEST_CASE("who may not replace others' files replaces what earlier launches have placed, and nothing else") {
  Node node;
  node.request.may_replace = false;
  node.files.put(library, "another library", 0644);
  CHECK(complaint(node).find("place /lib/") != std::string::npos);
  CHECK(node.files.content(library) == "another library");
  node.request.replaceable = {library};
  CHECK(place(node.files, node.request).value() == program);
  CHECK(node.linked(library, cached_library));
}

TEST_CASE("what is placed already is left in peace") {
  Node node;
  REQUIRE(place(node.files, node.request));
  node.faults.calls.clear();
  CHECK(place(node.files, node.request).value() == program);
  CHECK(node.faults.calls.size() == 4);
  CHECK(node.faults.count("look at") == 4);
}

TEST_CASE("another file of the root file system is replaced, in one step and without a trace") {
  for (const bool is_link : {false, true}) {
    Node node;
    if (is_link) {
      node.files.put_directory("/lib");
      node.files.put_link(library, "/elsewhere");
    } else {
      node.files.put(library, "older");
    }
    REQUIRE(place(node.files, node.request));
    CHECK(node.linked(library, cached_library));
    CHECK(node.faults.count("rename") == 1);
    CHECK(node.files.list("/lib").value() == std::vector<std::string>{"libc.so"});
  }
}

TEST_CASE("a link that leads to the content is left as it is, and the content is in memory once") {
  for (const char* target : {"libc-2.36.so", "/lib/libc-2.36.so", "../lib/./libc-2.36.so", "other"}) {
    CAPTURE(target);
    Node node;
    node.files.put("/lib/libc-2.36.so", "library", 0644);
    node.files.put_link("/lib/other", "libc-2.36.so");
    node.files.put_link(library, target);
    REQUIRE(place(node.files, node.request));
    CHECK(node.files.read_link(library).value() == target);
    CHECK(node.linked("/lib/libc-2.36.so", cached_library));
    CHECK(node.files.facts("/lib/libc-2.36.so")->value().mode == 0644);
    CHECK(node.files.list("/cache").value() == std::vector<std::string>{"library", "program"});

    const int reads = node.faults.count("read /");
    REQUIRE(place(node.files, node.request));
    CHECK(node.faults.count("read /") == reads);
    CHECK(node.files.read_link(library).value() == target);
  }
}

TEST_CASE("a file with the content stays, and is what the cache has from then on") {
  Node node;
  node.files.put(library, "library", 0755);
  const auto inode = node.inode(library);
  REQUIRE(place(node.files, node.request));
  CHECK(node.inode(library) == inode);
  CHECK(node.linked(library, cached_library));
}

TEST_CASE("a file that does not serve everybody, or is not root's alone, is replaced though it has the content") {
  struct Case {
    std::uint32_t uid;
    std::uint32_t mode;
  };
  for (const Case& c : {Case{7, 0755}, Case{0, 0775}, Case{0, 0750}, Case{0, 0644}}) {
    CAPTURE(c.mode);
    Node node;
    node.files.put(program, "program");
    REQUIRE(node.files.set_owner(program, {c.uid, 0, c.mode}));
    REQUIRE(place(node.files, node.request));
    CHECK(node.linked(program, cached_program));
    CHECK(node.files.facts(program)->value().mode == 0755);
    CHECK(node.files.facts(program)->value().uid == 0);
  }
}

TEST_CASE("a link that leads to where a user could put something else is replaced") {
  for (const sys::Ownership& theirs : {sys::Ownership{7, 0, 0755}, sys::Ownership{0, 0, 01777}}) {
    Node node;
    REQUIRE(node.files.make_directory("/theirs", theirs));
    node.files.put("/theirs/deep/libc.so", "library", 0755);
    node.files.put_link(library, "/theirs/deep/libc.so");
    REQUIRE(place(node.files, node.request));
    CHECK_FALSE(node.files.read_link(library));
    CHECK(node.linked(library, cached_library));
  }
}

TEST_CASE("a link that leads to other content, or to another file system, is replaced") {
  for (const bool elsewhere : {false, true}) {
    Node node;
    node.files.put("/server/libc.so", elsewhere ? "library" : "another", 0755);
    if (elsewhere) node.files.set_filesystem("/server", 7);
    node.files.put_link(library, "/server/libc.so");
    REQUIRE(place(node.files, node.request));
    CHECK_FALSE(node.files.read_link(library));
    CHECK(node.linked(library, cached_library));
  }
}

TEST_CASE("what another placement has left half done does not matter") {
  Node node;
  node.files.put(library, "older");
  node.files.put(library + ".tag", "half");
  REQUIRE(place(node.files, node.request));
  CHECK(node.linked(library, cached_library));
  CHECK_FALSE(node.files.exists(library + ".tag"));
}

TEST_CASE("files on another file system are left alone") {
  Node node;
  node.files.put(library, "of the server");
  node.files.set_filesystem("/lib", 7);
  CHECK(place(node.files, node.request).value() == program);
  CHECK(node.files.content(library) == "of the server");
}

TEST_CASE("a library that is missing on another file system is not written there") {
  Node node;
  node.files.put_directory("/lib");
  node.files.set_filesystem("/lib", 7);
  CHECK(complaint(node).find("place /lib/libc.so: not there") == 0);
  CHECK_FALSE(node.files.exists(library));
}

TEST_CASE("where a link among the directories leads is what counts") {
  Node node;
  node.files.put_directory("/server/lib");
  node.files.put_link("/lib", "/server/lib");
  node.files.set_filesystem("/server", 7);
  CHECK(complaint(node).find("place /lib/libc.so: not there") == 0);

  Node other;
  other.files.put_directory("/usr/lib");
  other.files.put_link("/lib", "usr/lib");
  REQUIRE(place(other.files, other.request));
  CHECK(other.linked("/usr/lib/libc.so", cached_library));
}

TEST_CASE("nothing is placed, nor left alone, behind a link that a user has made") {
  for (const bool elsewhere : {false, true}) {
    Node node;
    node.files.put("/home/user/lib/libc.so", "of the user");
    node.files.put_link("/lib", "/home/user/lib", 1000);
    if (elsewhere) node.files.set_filesystem("/home", 7);
    CHECK(complaint(node) == "look at /lib/libc.so: /lib is a link that uid 1000 has made");
    CHECK(node.files.content("/home/user/lib/libc.so") == "of the user");
  }
}

TEST_CASE("behind a user's link in a mounted home a program runs from a place of its own") {
  Node node;
  node.request.program = node.request.entries[0].path = "/home/user/current/hello";
  node.request.entries[1].path = "/home/user/current/lib.so";
  node.files.put("/home/user/release-3/lib.so", "of the user");
  node.files.put_link("/home/user/current", "release-3", 1000);
  node.files.set_filesystem("/home", 7);
  CHECK(place(node.files, node.request).value() == node.in_programs());
  CHECK(node.linked(node.in_programs(), cached_program));
  CHECK(node.files.list("/home/user/release-3").value() == std::vector<std::string>{"lib.so"});
  CHECK(node.files.content("/home/user/release-3/lib.so") == "of the user");
}

TEST_CASE("a program whose path is on another file system runs from a place of its own") {
  for (const bool is_there : {false, true}) {
    Node node;
    node.files.put_directory("/usr/bin");
    if (is_there) node.files.put(program, "of the server");
    node.files.set_filesystem("/usr", 7);
    CHECK(place(node.files, node.request).value() == node.in_programs());
    CHECK(node.linked(node.in_programs(), cached_program));
    CHECK(node.files.content(program) == (is_there ? "of the server" : ""));
    CHECK(place(node.files, node.request).value() == node.in_programs());
  }
}

TEST_CASE("a program is copied where it cannot be linked") {
  Node node;
  node.files.put_directory("/usr/bin");
  node.files.put_directory("/run");
  node.files.set_filesystem("/usr", 7);
  node.files.set_filesystem("/run", 8);
  CHECK(place(node.files, node.request).value() == node.in_programs());
  CHECK(node.files.content(node.in_programs()) == "program");
  CHECK(node.files.facts(node.in_programs())->value().mode == 0755);
}

TEST_CASE("two files of the same content and different modes are two files") {
  Node node;
  node.request.entries[1] = {library, node.request.entries[0].content, 0600};
  node.request.cached[1] = cached_program;
  REQUIRE(place(node.files, node.request));
  CHECK(node.linked(program, cached_program));
  CHECK_FALSE(node.linked(library, cached_program));
  CHECK(node.files.content(library) == "program");
  CHECK(node.files.facts(library)->value().mode == 0644);
  CHECK(node.files.facts(program)->value().mode == 0755);
}

TEST_CASE("set-id bits do not travel") {
  Node node;
  node.request.entries[0].mode = 06711;
  REQUIRE(place(node.files, node.request));
  CHECK(node.files.facts(program)->value().mode == 0755);
}

TEST_CASE("a directory where a file belongs is refused") {
  Node node;
  node.files.put_directory(library);
  CHECK(complaint(node).find("place /lib/libc.so: there is a directory") == 0);
}

TEST_CASE("content that has gone from the cache is an error that says so") {
  Node node;
  (void)node.files.remove(cached_library);
  CHECK(complaint(node).find("find /cache/library in the cache") == 0);
}

TEST_CASE("a program that is not among the files runs where it stands on the node") {
  Node node;
  node.request.program = "/bin/other";
  CHECK(place(node.files, node.request).value() == "");
}

TEST_CASE("paths that no node gives away are refused") {
  const std::vector<std::string> paths = {"",
                                          "bin/x",
                                          "/",
                                          "/bin/../x",
                                          "/bin//x",
                                          "/bin/x/",
                                          "/bin/" + std::string(256, 'x'),
                                          "/proc/self/x",
                                          "/sys/x",
                                          "/dev/x",
                                          "/dev",
                                          "/run/nodeinit/cache/x",
                                          "/init"};
  for (const std::string& path : paths) {
    CAPTURE(path);
    CHECK_FALSE(process::check_entries({{path, {}, 0755}}));
    Node node;
    node.request.entries[1].path = path;
    node.faults.calls.clear();
    CHECK_FALSE(place(node.files, node.request));
    CHECK(node.faults.calls.empty());
  }
  CHECK_FALSE(process::check_entries({{"/" + std::string(5000, 'x'), {}, 0755}}));
  CHECK(process::check_entries({{"/device/x", {}, 0755}, {"/run/x", {}, 0755}, {"/initrd/x", {}, 0755}}));
}

TEST_CASE("whatever call fails, files are placed the next time") {
  const auto prepare = [](Node& node) {
    node.files.put(library, "older");
    node.files.put_directory("/usr/bin");
    node.files.set_filesystem("/usr", 7);
  };
  for (int n = 1;; ++n) {
    Node node;
    prepare(node);
    node.faults.fail_at = n;
    const bool placed = place(node.files, node.request).has_value();
    if (!node.faults.fired()) break;
    CAPTURE(node.faults.calls.back());
    // A temporary name that is not there cannot be removed, and need not be looked for.
    const bool harmless = node.faults.calls[static_cast<std::size_t>(n) - 1] == "remove " + library + ".tag" ||
                          node.faults.calls[static_cast<std::size_t>(n) - 1] == "look at " + library + ".tag";
    CHECK(placed == harmless);
    REQUIRE(place(node.files, node.request));
    CHECK(node.linked(library, cached_library));
    CHECK(node.linked(node.in_programs(), cached_program));
  }
}

namespace {

std::uint64_t inode_of(Node& node, const std::string& path) {
  const auto facts = node.files.facts(path).value();
  return facts ? facts->inode : 0;
}

sys::Status remove_library(Node& node, std::vector<std::string> places, bool spared = false) {
  const process::Removal removal{node.request.entries[1].content.hash, cached_library, inode_of(node, cached_library),
                                 std::move(places)};
  return process::remove_placed(node.files, removal, [spared](const sys::FileFacts&) { return spared; });
}

}  // namespace

TEST_CASE("a content that goes takes its names along, and nothing else") {
  Node node;
  REQUIRE(place(node.files, node.request));
  node.files.put("/lib/other.so", "library");  // the same content, and not this file
  CHECK(remove_library(node, {library, "/lib/other.so", "/lib/none.so"}));
  CHECK_FALSE(node.files.exists(library));
  CHECK_FALSE(node.files.exists(cached_library));
  CHECK(node.files.exists("/lib/other.so"));
  CHECK(node.files.exists(program));
}

TEST_CASE("a content that goes leaves a name that others count on") {
  Node node;
  REQUIRE(place(node.files, node.request));
  CHECK(remove_library(node, {library}, true));
  CHECK(node.files.exists(library));
  CHECK_FALSE(node.files.exists(cached_library));
}

TEST_CASE("a content that goes leaves the file of a step, which placement has found") {
  Node node;
  const auto fetched = inode_of(node, cached_library);
  node.files.put(library, "library", 0644);
  REQUIRE(place(node.files, node.request));
  REQUIRE(node.linked(library, cached_library));
  const process::Removal removal{node.request.entries[1].content.hash, cached_library, fetched, {library}};
  CHECK(process::remove_placed(node.files, removal, [](const sys::FileFacts&) { return false; }));
  CHECK(node.files.exists(library));
  CHECK_FALSE(node.files.exists(cached_library));
}

TEST_CASE("a content that goes takes along the name under which it ran from the cache") {
  Node node;
  const std::string path = node.in_programs();
  node.files.put(path, "program", 0755);
  const process::Removal removal{node.request.entries[0].content.hash, cached_program, 0, {}};
  CHECK(process::remove_placed(node.files, removal, [](const sys::FileFacts&) { return false; }));
  CHECK_FALSE(node.files.exists(path));
  CHECK_FALSE(node.files.exists(std::string(sys::parent_of(path))));
}

TEST_CASE("a content that is gone already is no trouble; one that cannot be removed is") {
  Node node;
  node.files.remove(cached_library);
  CHECK(remove_library(node, {library}));
  node.files.put(cached_library, "library", 0755);
  node.faults.fail_at = node.faults.made + 2;  // after the test's own look at the inode
  CHECK_FALSE(remove_library(node, {library}));
}
