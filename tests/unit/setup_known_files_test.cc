// What a step remembers of files, so that it need not read them again, and when it does not believe it.
#include "content/known_files.h"

#include "tests/unit/setup_fixture.h"

using namespace setup;

namespace {

constexpr const char* memory = "/run/nodeinit/known/3";

struct Node : SetupNode {
  const std::string content = std::string(8u << 20, 'x');  // what is less is not worth remembering when it is placed
  transport::FileStep step = transport::one_file("/etc/motd", fakes::content_of(content));

  Node() { files.put(cached, content); }
  KnownFiles known() { return {files, clock, memory}; }
  // As a worker does it, with a memory of its own.
  Entries look() {
    KnownFiles files_known = known();
    const auto found = survey(step, system, files_known);
    REQUIRE(found);
    REQUIRE(files_known.save());
    return *found;
  }
  void place(const Entries& which) {
    KnownFiles files_known = known();
    const Contents contents{[](const transport::ContentHash&) { return cached; },
                            [](const transport::ContentHash&) { return false; }};
    REQUIRE(perform(step, which, contents, system, files_known));
    REQUIRE(files_known.save());
  }
  int reads_of(const std::string& path) { return faults.count("read " + path); }
};

}  // namespace

TEST_CASE("a file that was placed is not read again as long as nobody touches it") {
  Node node;
  node.place(node.look());
  CHECK(node.look().empty());
  CHECK(node.look().empty());
  CHECK(node.reads_of("/etc/motd") == 0);
  CHECK(node.facts(memory).mode == 0600);
  CHECK(node.facts("/run/nodeinit/known").mode == 0700);
}

TEST_CASE("a file that was read is not read again either") {
  Node node;
  node.files.put("/etc/motd", node.content);
  CHECK(node.look().empty());
  CHECK(node.look().empty());
  CHECK(node.reads_of("/etc/motd") == 1);
}

TEST_CASE("whatever is done to a file, it is looked at again") {
  const std::string other(8u << 20, 'y');  // of the same size
  const std::function<void(fakes::FakeFiles&)> changes[] = {
      [&](auto& files) { CHECK(files.write("/etc/motd", other)); },
      [&](auto& files) { files.put("/etc/motd", other); },
      [&](auto& files) {
        const auto before = files.facts("/etc/motd")->value().modified_ns;
        CHECK(files.write("/etc/motd", other));
        CHECK(files.set_modified("/etc/motd", before));
      },
  };
  for (const auto& change : changes) {
    Node node;
    node.place(node.look());
    change(node.files);
    CHECK(node.look() == Entries{0});
  }
}

TEST_CASE("another content that the plan wants is told from the one that is there, unread") {
  Node node;
  node.place(node.look());
  node.step = transport::one_file("/etc/motd", fakes::content_of(std::string(8u << 20, 'y')));
  CHECK(node.look() == Entries{0});
  CHECK(node.reads_of("/etc/motd") == 0);
}

TEST_CASE("a change that is only just over is not believed") {
  Node node;
  node.files.put("/etc/motd", node.content);
  const auto changed = node.facts("/etc/motd").changed_ns;
  REQUIRE(node.clock.set_wall(sys::WallTime(sys::Duration(changed) + KnownFiles::settling / 2)));
  CHECK(node.look().empty());
  CHECK_FALSE(node.files.exists(memory));
  node.clock.advance(KnownFiles::settling);
  CHECK(node.look().empty());
  CHECK(node.look().empty());
  CHECK(node.reads_of("/etc/motd") == 2);
}

TEST_CASE("what the step has no more is forgotten") {
  Node node;
  node.place(node.look());
  const auto size = node.facts(memory).size;
  node.step.entries.push_back({"/etc/issue", fakes::content_of(node.content), 0644, 0, 0, 0});
  node.place(node.look());
  CHECK(node.facts(memory).size == 2 * size);
  node.step.entries.erase(node.step.entries.begin());
  CHECK(node.look().empty());
  CHECK(node.facts(memory).size == size);
}

TEST_CASE("a damaged memory, or none that can be written, costs time and nothing else") {
  Node node;
  node.place(node.look());
  CHECK(node.files.write(memory, "nonsense"));
  CHECK(node.look().empty());
  CHECK(node.reads_of("/etc/motd") == 1);

  Node other;
  other.files.put("/run/nodeinit/known", "no directory");
  other.files.put("/etc/motd", other.content);
  KnownFiles known = other.known();
  CHECK(survey(other.step, other.system, known)->empty());
  CHECK_FALSE(known.save());
}
