// nodectl cp: the stream of files, who reads it from a disk and who writes it to one.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "frontend/nodectl/copy_collector.h"
#include "frontend/nodectl/copy_operands.h"
#include "frontend/nodectl/copy_progress.h"
#include "frontend/nodectl/tree_format.h"
#include "frontend/nodectl/tree_helper.h"
#include "frontend/nodectl/tree_reader.h"
#include "frontend/nodectl/tree_writer.h"
#include "sys/text.h"
#include "sys/umask_guard.h"
#include "tests/fakes/fake_files.h"
#include "tests/unit/frontend_nodectl_fixture.h"
#include "tests/unit/temporary_directory.h"

namespace {

using frontend::TreeDecoder;
using frontend::TreeEntry;
using frontend::TreeReader;
using frontend::TreeWriter;
using transport::Bytes;
namespace tree = frontend::tree;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// Says what it is told.
struct Told final : frontend::TreeSink {
  std::vector<std::string> lines;
  void say(std::string line) { lines.push_back(std::move(line)); }
  void begin(std::uint32_t sources) override { say(sys::cat("begin ", sources)); }
  void directory(const TreeEntry& entry) override { say(sys::cat("directory ", entry.name, " ", entry.mode)); }
  void up() override { say("up"); }
  void file(const TreeEntry& entry) override { say(sys::cat("file ", entry.name, " ", entry.modified_ns, " ")); }
  void piece(std::span<const std::byte> data) override {
    lines.back().append(reinterpret_cast<const char*>(data.data()), data.size());
  }
  void file_end(bool whole) override { lines.back() += whole ? " whole" : " cut off"; }
  void link(const TreeEntry& entry, const std::string& target) override {
    say(sys::cat("link ", entry.name, " to ", target));
  }
};
using Lines = std::vector<std::string>;

Bytes sample() {
  Bytes stream;
  tree::begin(2, stream);
  tree::directory({"d", 0755, 1}, stream);
  tree::file({"f", 0644, -5}, stream);
  tree::piece(bytes("con"), stream);
  tree::piece(bytes("tent"), stream);
  tree::file_end(true, stream);
  tree::up(stream);
  tree::link({"l", 0777, 0}, "somewhere", stream);
  tree::file({"e", 0600, 7}, stream);
  tree::file_end(false, stream);
  tree::end(stream);
  return stream;
}
const Lines sample_said = {"begin 2", "directory d 493",     "file f -5 content whole",
                           "up",      "link l to somewhere", "file e 7  cut off"};

std::string fault_in(const Bytes& stream) {
  Told told;
  TreeDecoder decoder(told);
  const auto taken = decoder.add(stream);
  return taken ? "" : taken.error().text();
}

// An entry in a stream that is fine otherwise.
template <class Add> std::string fault_of(Add add) {
  Bytes stream;
  tree::begin(1, stream);
  add(stream);
  return fault_in(stream);
}

// A stream is written to a disk in memory; what is complained of is kept.
struct Writing {
  fakes::Faults faults;
  fakes::FakeFiles files{faults};
  Lines complaints;
  TreeWriter writer;
  TreeDecoder decoder{writer};

  explicit Writing(std::string destination, frontend::TreeWriterOptions options = {})
      : writer(files, std::move(destination), options,
               [this](const std::string& what) { complaints.push_back(what); }) {
    files.put_directory("/there");
  }
  void take(const Bytes& stream) { CHECK(decoder.add(stream)); }
};

Bytes one_file(const char* name = "name", const char* content = "content") {
  Bytes stream;
  tree::begin(1, stream);
  tree::file({name, 0664, 42}, stream);
  tree::piece(bytes(content), stream);
  tree::file_end(true, stream);
  tree::end(stream);
  return stream;
}

}  // namespace

TEST_CASE("tree: a stream says what was put into it, however it is cut") {
  const Bytes stream = sample();
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    Told told;
    TreeDecoder decoder(told);
    for (std::size_t at = 0; at < stream.size(); at += size) {
      CHECK_FALSE(decoder.complete());
      CHECK(decoder.add(std::span(stream).subspan(at, std::min(size, stream.size() - at))));
    }
    CHECK(decoder.complete());
    CHECK(told.lines == sample_said);
  }
}

TEST_CASE("tree: what is no stream is refused") {
  CHECK(fault_in({bytes("x").begin(), bytes("x").end()}).find("does not begin as one") != std::string::npos);
  for (const std::string_view name : {"", ".", "..", "a/b", "/etc"}) {
    CAPTURE(name);
    CHECK(fault_of([&](Bytes& out) { tree::file({std::string(name), 0, 0}, out); }) != "");
    CHECK(fault_of([&](Bytes& out) { tree::directory({std::string(name), 0, 0}, out); }) != "");
    CHECK(fault_of([&](Bytes& out) { tree::link({std::string(name), 0, 0}, "x", out); }) != "");
  }
  CHECK(fault_of([](Bytes& out) { tree::file({std::string("a\0b", 3), 0, 0}, out); }) != "");
  CHECK(fault_of([](Bytes& out) { tree::file({std::string(256, 'x'), 0, 0}, out); }) != "");
  CHECK(fault_of([](Bytes& out) { tree::link({"l", 0, 0}, std::string(4096, 'x'), out); }) != "");
  CHECK(fault_of([](Bytes& out) { tree::file({std::string(60000, 'x'), 0, 0}, out); }) != "");
  CHECK(fault_of([](Bytes& out) { tree::up(out); }) != "");
  CHECK(fault_of([](Bytes& out) { out.push_back(std::byte{'?'}); }) != "");
  CHECK(fault_of([](Bytes& out) {
          tree::file({"f", 0, 0}, out);
          tree::piece(std::vector<std::byte>(tree::piece_limit + 1), out);
        }) != "");
  CHECK(fault_of([](Bytes& out) {
          tree::end(out);
          tree::end(out);
        }) != "");
  CHECK(fault_of([](Bytes& out) {
          for (int depth = 0; depth < 2000; ++depth)
            tree::directory({"d", 0, 0}, out);
        }) != "");
  CHECK(fault_of([](Bytes& out) {
          tree::directory({"d", 0, 0}, out);
          tree::end(out);
        }) != "");
}

TEST_CASE("tree: what is on a disk is on another one afterwards") {
  const fakes::TemporaryDirectory folder;
  std::filesystem::create_directories(folder / "from/deep");
  std::ofstream(folder / "from/deep/file") << std::string(200'000, 'x');
  std::ofstream(folder / "from/empty");
  std::filesystem::create_symlink("deep", folder / "from/link");
  Lines complaints;
  const auto complain = [&](const std::string& what) { complaints.push_back(what); };
  TreeReader reader({folder / "from", folder / "missing"}, sys::LinkTrust::all, true, complain);
  Told told;
  TreeDecoder decoder(told);
  std::vector<std::byte> buffer(1000);
  while (const std::size_t size = reader.read(buffer))
    CHECK(decoder.add(std::span(buffer).first(size)));
  CHECK(decoder.complete());
  CHECK(complaints == Lines{folder / "missing" + ": there is no such file"});
  CHECK(reader.failed());
  CHECK(reader.count().files == 2);
  CHECK(reader.count().bytes == 200'000);
  REQUIRE(told.lines.size() == 8);
  CHECK(told.lines[1].starts_with("directory from "));
  CHECK(told.lines[3].size() > 200'000);
  CHECK(told.lines[6] == "link link to deep");
  CHECK(frontend::describe(reader.count()) == "2 files, 0.2 MB");
}

TEST_CASE("tree: a directory that gives way to a link while it is read is not gone through") {
  const fakes::TemporaryDirectory folder;
  std::filesystem::create_directories(folder / "from/deep");
  std::filesystem::create_directories(folder / "secret");
  std::ofstream(folder / "from/deep/file") << "theirs";
  std::ofstream(folder / "secret/file") << "mine";
  Lines complaints;
  TreeReader reader({folder / "from"}, sys::LinkTrust::all, true,
                    [&](const std::string& what) { complaints.push_back(what); });
  Told told;
  TreeDecoder decoder(told);
  std::vector<std::byte> buffer(1000);
  while (const std::size_t size = reader.read(buffer)) {
    CHECK(decoder.add(std::span(buffer).first(size)));
    if (!told.lines.back().starts_with("directory deep")) continue;
    std::filesystem::rename(folder / "from/deep", folder / "moved");
    std::filesystem::create_directory_symlink(folder / "secret", folder / "from/deep");
    // One of root's own is root's to follow.
    if (::geteuid() == 0) REQUIRE(::lchown((folder / "from/deep").c_str(), 1000, 1000) == 0);
  }
  CHECK(decoder.complete());
  CHECK(complaints.size() == 1);
  for (const std::string& line : told.lines)
    CHECK(line.find("mine") == std::string::npos);
}

TEST_CASE("tree: links in what was typed lead to the source, which is sent under the name that was typed") {
  const fakes::TemporaryDirectory folder;
  std::filesystem::create_directories(folder / "real");
  std::ofstream(folder / "real/file") << "content";
  std::filesystem::create_directory_symlink("real", folder / "way");
  std::filesystem::create_symlink("real/file", folder / "alias");
  if (::geteuid() == 0)
    for (const char* const link : {"way", "alias"})
      REQUIRE(::lchown((folder / link).c_str(), 1000, 1000) == 0);
  for (const bool recursive : {false, true}) {
    Lines complaints;
    TreeReader reader({folder / "way/file", folder / "alias"}, sys::LinkTrust::all, recursive,
                      [&](const std::string& what) { complaints.push_back(what); });
    Told told;
    TreeDecoder decoder(told);
    std::vector<std::byte> buffer(1000);
    while (const std::size_t size = reader.read(buffer))
      CHECK(decoder.add(std::span(buffer).first(size)));
    CHECK(complaints.empty());
    REQUIRE(told.lines.size() == 3);
    CHECK(told.lines[1].starts_with("file file "));
    CHECK(told.lines[1].ends_with(" content whole"));
    CHECK(told.lines[2].starts_with(recursive ? "link alias to real/file" : "file alias "));
  }
}

TEST_CASE("tree: directories are left out unless they are wanted") {
  const fakes::TemporaryDirectory folder;
  Lines complaints;
  TreeReader reader({folder.path()}, sys::LinkTrust::all, false,
                    [&](const std::string& what) { complaints.push_back(what); });
  std::vector<std::byte> buffer(1000);
  while (reader.read(buffer) > 0) {
  }
  CHECK(complaints == Lines{folder.path() + " is a directory: left out without -r"});
}

TEST_CASE("tree: a destination is a directory, or the name of the one source") {
  Writing into("/there"), under("/there/other"), lacking("/nowhere/other");
  into.take(one_file());
  CHECK(into.files.content("/there/name") == "content");
  under.take(one_file());
  CHECK(under.files.content("/there/other") == "content");
  CHECK(under.writer.count().files == 1);
  CHECK_FALSE(under.writer.failed());
  lacking.take(one_file());
  CHECK(lacking.writer.failed());
  CHECK(lacking.complaints.size() == 1);
}

TEST_CASE("tree: several sources, or a destination that has to be one, need a directory") {
  Writing several("/there/none"), into("/there/none", {.into = true});
  several.take(sample());
  into.take(one_file());
  for (const Writing* writing : {&several, &into}) {
    CHECK(writing->writer.hopeless());
    CHECK(writing->complaints == Lines{"/there/none: there is no such directory"});
    CHECK_FALSE(writing->files.exists("/there/none"));
  }
}

TEST_CASE("tree: the umask counts, or modes and times are kept; set-id bits go") {
  Bytes stream;
  tree::begin(1, stream);
  tree::directory({"d", 02777, 40}, stream);
  tree::file({"f", 06777, 41}, stream);
  tree::file_end(true, stream);
  tree::up(stream);
  tree::end(stream);
  Writing masked("/there", {.umask = 027}), kept("/there", {.preserve = true, .umask = 027});
  masked.take(stream);
  kept.take(stream);
  CHECK(masked.files.facts("/there/d").value()->mode == 0750);
  CHECK(masked.files.facts("/there/d/f").value()->mode == 0750);
  CHECK(kept.files.facts("/there/d").value()->mode == 0777);
  CHECK(kept.files.facts("/there/d/f").value()->mode == 0777);
  CHECK(kept.files.facts("/there/d").value()->modified_ns == 40);
  CHECK(kept.files.facts("/there/d/f").value()->modified_ns == 41);
}

TEST_CASE("tree: nothing is written through a link, whoever has put it there") {
  Bytes stream;
  tree::begin(1, stream);
  tree::link({"way", 0777, 0}, "/etc", stream);
  tree::directory({"way", 0755, 0}, stream);
  tree::file({"passwd", 0644, 0}, stream);
  tree::piece(bytes("theirs"), stream);
  tree::file_end(true, stream);
  tree::directory({"below", 0755, 0}, stream);
  tree::up(stream);
  tree::up(stream);
  tree::file({"beside", 0644, 0}, stream);
  tree::file_end(true, stream);
  tree::end(stream);
  Writing at("/there");
  at.files.put("/etc/passwd", "mine");
  at.take(stream);
  CHECK(at.files.content("/etc/passwd") == "mine");
  CHECK_FALSE(at.files.exists("/etc/below"));
  CHECK(at.files.exists("/there/beside"));
  CHECK(at.complaints == Lines{"make directory /there/way: something else is there"});

  Writing planted("/there/folder");
  planted.files.put_directory("/secret");
  planted.files.put_link("/there/folder", "/secret", 1000);
  planted.take(one_file());
  CHECK(planted.writer.failed());
  CHECK_FALSE(planted.files.exists("/secret/name"));
}

TEST_CASE("tree: a file takes the place of what is there, but for a directory") {
  Writing at("/there");
  at.files.put("/there/name", "before");
  at.take(one_file());
  CHECK(at.files.content("/there/name") == "content");
  Writing blocked("/there");
  blocked.files.put_directory("/there/name");
  blocked.take(one_file());
  CHECK(blocked.complaints == Lines{"write /there/name: a directory is there"});
}

TEST_CASE("tree: neither a file nor a link takes the place of a device or a fifo") {
  Bytes links;
  tree::begin(1, links);
  tree::link({"name", 0777, 0}, "somewhere", links);
  tree::end(links);
  for (const Bytes& stream : {one_file(), links})
    for (const auto kind : {sys::FileKind::character_device, sys::FileKind::block_device, sys::FileKind::other})
      for (const char* const destination : {"/there", "/there/name"}) {
        Writing at(destination);
        REQUIRE(at.files.make_device("/there/name", kind, 1, 3, {.mode = 0666}));
        at.take(stream);
        CHECK(at.writer.failed());
        REQUIRE(at.complaints.size() == 1);
        CHECK(at.complaints[0].ends_with(" /there/name: a device, a fifo or a socket is there"));
        CHECK(at.files.facts("/there/name").value()->kind == kind);
      }
}

TEST_CASE("tree: a directory that was there stays its owner's") {
  Bytes stream;
  tree::begin(1, stream);
  tree::directory({"d", 0700, 40}, stream);
  tree::up(stream);
  tree::end(stream);
  Writing kept("/there", {.preserve = true}), masked("/there");
  for (Writing* const at : {&kept, &masked}) {
    REQUIRE(at->files.make_directory("/there/d", {.uid = 4711, .gid = 4712, .mode = 0755}));
    at->take(stream);
    CHECK(at->files.facts("/there/d").value()->uid == 4711);
    CHECK(at->files.facts("/there/d").value()->gid == 4712);
  }
  CHECK(kept.files.facts("/there/d").value()->mode == 0700);
  CHECK(masked.files.facts("/there/d").value()->mode == 0755);
}

TEST_CASE("tree: a file that its sender could not read to its end does not appear") {
  Bytes stream;
  tree::begin(1, stream);
  tree::file({"f", 0644, 0}, stream);
  tree::piece(bytes("begin"), stream);
  tree::file_end(false, stream);
  tree::end(stream);
  Writing at("/there");
  at.take(stream);
  CHECK_FALSE(at.files.exists("/there/f"));
  CHECK(at.writer.failed());
  CHECK(at.complaints.empty());  // the sender has said it
}

TEST_CASE("tree: whatever call fails is complained of or made up for, and the rest is written") {
  for (int n = 1;; ++n) {
    Writing at("/there", {.preserve = true});
    at.faults.fail_at = at.faults.made + n;
    at.take(sample());
    CAPTURE(n);
    const bool all = at.files.content("/there/d/f") == "content" && at.files.exists("/there/l");
    CHECK((all || at.complaints.size() == 1));
    CHECK(at.complaints.size() <= 1);
    if (n > 1) CHECK((at.files.exists("/there/l") || at.files.exists("/there/d/f")));
    if (!at.faults.fired()) break;
  }
}

TEST_CASE("cp: who gets into the directories of nodes the creation mask says") {
  const fakes::TemporaryDirectory folder;
  fakes::Command command;
  const sys::UmaskGuard mask(027);
  frontend::CopyCollector collector(*command.context, folder / "new/there", false);
  collector.begin({"n0", "n1"});
  for (const char* const name : {"new", "new/there", "new/there/n0", "new/there/n1"})
    CHECK(std::filesystem::status(folder / name).permissions() == std::filesystem::perms(0750));
  CHECK(command.complained() == "");
}

TEST_CASE("cp: which end is on nodes") {
  const auto to = frontend::read_operands({"a", "../b", "./c:d", "0-3,n7:/tmp"}, "/home/u");
  REQUIRE(to);
  CHECK(to->to_nodes);
  CHECK(to->nodes == "0-3,n7");
  CHECK(to->sources == Lines{"/home/u/a", "/home/b", "/home/u/c:d"});
  CHECK(to->destination == "/tmp");
  const auto from = frontend::read_operands({"up:/var/log", "up:x", "logs"}, "/home/u");
  REQUIRE(from);
  CHECK_FALSE(from->to_nodes);
  CHECK(from->sources == Lines{"/var/log", "/home/u/x"});
  CHECK(from->destination == "/home/u/logs");
  for (const auto& wrong : std::vector<Lines>{
           {"a"}, {"a", "b"}, {"0:a", "1:b", "c"}, {"0:a", "b", "c"}, {"0:a", "1:b"}, {"/", "0:/tmp"}, {":a", "b"}})
    CHECK_FALSE(frontend::read_operands(wrong, "/home/u"));
}

TEST_CASE("cp: nodectl knows when it is its own helper") {
  const auto is_helper = [](const Lines& words) {
    std::vector<const char*> arguments;
    for (const std::string& word : words)
      arguments.push_back(word.c_str());
    return frontend::is_tree_helper(static_cast<int>(arguments.size()), arguments.data());
  };
  CHECK(is_helper(frontend::receive_command("/nodectl", {.recursive = true}, "/tmp")));
  CHECK(is_helper(frontend::send_command("/nodectl", {}, {"/a", "/b"})));
  CHECK_FALSE(is_helper({"nodectl", "cp", "-r", "a", "0:b"}));
  CHECK_FALSE(is_helper({"nodectl"}));
}
