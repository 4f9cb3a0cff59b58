// Whose rights content is read with: as root, on real files.
#include "frontend/nodemaster/content_store.h"

#include <doctest/doctest.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/in_namespace.h"
#include "tests/unit/temporary_directory.h"

namespace {

using fakes::TemporaryDirectory;
using frontend::ContentStore;
using frontend::ReaderRights;

ReaderRights rights_of(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {}) {
  return std::make_shared<sys::FileRights>(sys::FileRights{uid, gid, std::move(groups)});
}

// A file of ten bytes in a directory that everybody may search.
struct File {
  TemporaryDirectory folder;
  std::string path = folder / "secret";

  File(std::uint32_t uid, std::uint32_t gid, mode_t mode) {
    std::ofstream(path) << "top secret";
    std::filesystem::permissions(std::filesystem::path(path).parent_path(), std::filesystem::perms(0755));
    CHECK(::chown(path.c_str(), uid, gid) == 0);
    CHECK(::chmod(path.c_str(), mode) == 0);
  }
};

frontend::ContentSource source(const std::string& path, std::uint8_t hash = 1) { return {{{hash}, 10}, path}; }

transport::Block fetch(ContentStore& store, std::uint8_t hash = 1) {
  return store.read(0, transport::Fetch{.hash = {hash}, .offset = 0, .length = 10});
}

// The reason why `path` is not served to the offer of such a caller; "" when it is.
std::string refusal(const std::string& path, const ReaderRights& rights) {
  ContentStore store;
  auto offer = store.offer({source(path)}, rights);
  offer.extend_to(0);
  const auto block = fetch(store);
  if (!block.reason.empty() && !block.data.empty()) return "data and a reason";
  return block.data.size() == 10 ? "" : block.reason;
}

// In a child, as credentials are changed: what it had before it must have afterwards.
std::string check_rights() {
  const File roots(0, 0, 0600), group(0, 4242, 0640), own(1000, 1000, 0600);
  const std::string denied = "open " + roots.path + ": Permission denied (errno 13)";
  EXPECT(refusal(roots.path, nullptr).empty());
  EXPECT(refusal(roots.path, rights_of(0, 0)).empty());
  EXPECT(refusal(roots.path, rights_of(1000, 1000)) == denied);
  EXPECT(refusal(roots.path, rights_of(1000, 0, {0})) == denied);
  EXPECT(refusal(own.path, rights_of(1000, 1000)).empty());
  EXPECT(refusal(own.path, rights_of(1001, 1000)).find("Permission denied") != std::string::npos);
  EXPECT(refusal(group.path, rights_of(1000, 1000)).find("Permission denied") != std::string::npos);
  EXPECT(refusal(group.path, rights_of(1000, 4242)).empty());
  EXPECT(refusal(group.path, rights_of(1000, 1000, {4, 4242})).empty());
  EXPECT(refusal(roots.path, nullptr).empty());  // root's rights are back
  return {};
}

TEST_CASE("a command's files are opened with the command's rights, a plan's with root's") {
  fakes::check_in_namespace(0, check_rights);
}

std::string own_status() {
  std::ifstream file("/proc/self/status");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string check_given_back() {
  const gid_t groups[] = {7, 8, 9};
  EXPECT(::setgroups(3, groups) == 0);
  const std::string before = own_status();
  { EXPECT(sys::BorrowedRights::borrow({1000, 1000, {4}})); }
  const std::string after = own_status();
  for (const char* line : {"Uid:", "Gid:", "Groups:", "CapEff:"}) {
    const auto line_of = [line](const std::string& text) {
      const auto at = text.find(line);
      return text.substr(at, text.find('\n', at) - at);
    };
    EXPECT(line_of(before) == line_of(after));
  }
  return {};
}

TEST_CASE("borrowed rights are given back whole: user, groups and capabilities") {
  fakes::check_in_namespace(0, check_given_back);
}

std::string check_own_doors() {
  const File file(1000, 1000, 0644);
  const TemporaryDirectory hidden;  // 0700, root's
  const std::string path = hidden / "open";
  std::filesystem::copy_file(file.path, path);
  const auto reader = sys::FileReader::open(path);
  EXPECT(reader);
  const auto rights = rights_of(1000, 1000);
  EXPECT(refusal(path, rights).find("Permission denied") != std::string::npos);
  for (int fd = 0; fd < 64; ++fd)
    EXPECT(!refusal(sys::cat("/proc/self/fd/", fd), rights).empty());
  EXPECT(!refusal("/proc/self/maps", rights).empty());
  EXPECT(!refusal("/proc/self/root" + path, rights).empty());
  return {};
}

TEST_CASE("what is nodemaster's own in /proc is nobody's to offer") { fakes::check_in_namespace(0, check_own_doors); }

// Opens what it is told to, and writes down for whom.
struct Openings {
  std::vector<std::string> made;
  std::string unreadable;
  ContentStore store{[this](const std::string& path, const sys::FileRights* rights) {
    made.push_back(sys::cat(rights ? rights->uid : 0, " ", std::filesystem::path(path).filename().string()));
    return path == unreadable ? sys::FileReader::open("/no/such/file") : sys::FileReader::open(path);
  }};
};

TEST_CASE("an offer of the same content takes no other's place") {
  const File first(0, 0, 0600), second(0, 0, 0600);
  Openings at;
  const auto plan = at.store.offer({source(first.path)});
  {
    auto command = at.store.offer({source(second.path)}, rights_of(1000, 1000));
    command.extend_to(0);
    CHECK(fetch(at.store).reason == "");
    CHECK(at.made == std::vector<std::string>{"0 secret"});
  }
  CHECK(fetch(at.store).reason == "");
  CHECK(at.store.size() == 1);
}

TEST_CASE("of several commands' files one that may be read is served, and only while it is offered") {
  const File good(0, 0, 0600), bad(0, 0, 0600);
  Openings at;
  at.unreadable = bad.path;
  auto mine = at.store.offer({source(good.path)}, rights_of(1000, 1000));
  auto theirs = at.store.offer({source(bad.path), source(bad.path)}, rights_of(1001, 1001));
  mine.extend_to(0);
  theirs.extend_to(0);
  CHECK(fetch(at.store).reason == "");
  CHECK(at.made == std::vector<std::string>{"1001 secret", "1000 secret"});
  mine = {};
  CHECK(fetch(at.store).reason.find("No such file") != std::string::npos);
  CHECK(fetch(at.store).data.empty());
}

TEST_CASE("what a command offers is for the nodes where it may start something") {
  const File good(0, 0, 0600), junk(0, 0, 0600);
  Openings at;
  auto mine = at.store.offer({source(good.path)}, rights_of(1000, 1000));
  CHECK(fetch(at.store).reason == "the front end does not offer this content (any more)");
  mine.extend_to(0);
  const auto theirs = at.store.offer({source(junk.path)}, rights_of(1001, 1001));  // newer, and for no node
  CHECK(fetch(at.store).reason == "");
  CHECK(at.made == std::vector<std::string>{"1000 secret"});
}

TEST_CASE("no user's file stands in the way of root's") {
  const File good(0, 0, 0600), junk(0, 0, 0600);
  Openings at;
  auto roots = at.store.offer({source(good.path)}, rights_of(0, 0));
  auto theirs = at.store.offer({source(junk.path)}, rights_of(1001, 1001));
  roots.extend_to(0);
  theirs.extend_to(0);
  CHECK(fetch(at.store).reason == "");
  CHECK(at.made == std::vector<std::string>{"0 secret"});
}

TEST_CASE("very many bad offers of one content cost a bounded number of openings") {
  Openings at;
  std::vector<ContentStore::Offer> offers;
  for (int i = 0; i < 100; ++i)
    offers.push_back(at.store.offer({source("/no/such/file")}, rights_of(1000, 1000))), offers.back().extend_to(0);
  CHECK(fetch(at.store).reason != "");
  CHECK(at.made.size() == ContentStore::max_tries);
}

}  // namespace
