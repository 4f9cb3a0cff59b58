#include "sys/files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sys/umask_guard.h"
#include "tests/unit/old_kernel.h"
#include "tests/unit/temporary_directory.h"

namespace {

using fakes::TemporaryDirectory;
using Names = std::vector<std::string>;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string read(sys::Files& files, const std::string& path) { return files.read(path, 1u << 20).value_or("?"); }

sys::FileFacts facts(sys::Files& files, const std::string& path) {
  const auto found = files.facts(path);
  REQUIRE(found);
  REQUIRE(*found);
  return **found;
}

int code_of(const sys::Status& status) { return status ? 0 : status.error().code; }

}  // namespace

TEST_CASE("files: what is not there is nothing, not an error") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(files.replace(directory / "file", bytes("x"), {}));
  for (const char* name : {"absent", "absent/below", "file/below"}) {
    CAPTURE(name);
    const auto found = files.facts(directory / name);
    REQUIRE(found);
    CHECK_FALSE(*found);
  }
}

TEST_CASE("files: a replaced file has its owner and mode, whatever the umask") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  sys::UmaskGuard strict(0777);
  REQUIRE(files.replace(directory / "file", bytes("first"), {.uid = 12, .gid = 34, .mode = 06751}));
  CHECK(read(files, directory / "file") == "first");
  const auto found = facts(files, directory / "file");
  CHECK(found.kind == sys::FileKind::regular);
  CHECK(found.mode == 06751);
  CHECK(found.uid == 12);
  CHECK(found.gid == 34);
  CHECK(found.size == 5);
}

TEST_CASE("files: a replaced file is another one, and nothing else is left") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(files.replace(directory / "file", bytes("first"), {}));
  const auto before = facts(files, directory / "file");
  sys::Fd reader(::open((directory / "file").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(files.replace(directory / "file", bytes("second"), {}));
  CHECK(facts(files, directory / "file").inode != before.inode);
  CHECK(read(files, directory / "file") == "second");
  char old[8] = {};
  CHECK(::read(reader.get(), old, sizeof old) == 5);
  CHECK(std::string(old) == "first");
  CHECK(files.list(directory.path()).value() == Names{"file"});
}

TEST_CASE("files: a file that can not be put in place leaves nothing behind") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(files.make_directory(directory / "taken", {.mode = 0755}));
  const auto replaced = files.replace(directory / "taken", bytes("x"), {});
  CHECK(code_of(replaced) == EISDIR);
  CHECK(replaced.error().what.find(directory / "taken") != std::string::npos);
  CHECK(files.list(directory.path()).value() == Names{"taken"});
  CHECK(code_of(files.replace(directory / "absent/file", bytes("x"), {})) == ENOENT);
}

TEST_CASE("files: a file written in pieces appears when it is finished") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  auto sink = files.create(directory / "file", 0444);
  REQUIRE(sink);
  REQUIRE((*sink)->append(bytes("one ")));
  CHECK_FALSE(*files.facts(directory / "file"));
  REQUIRE((*sink)->append(bytes("two")));
  REQUIRE((*sink)->finish());
  CHECK(read(files, directory / "file") == "one two");
  CHECK(facts(files, directory / "file").mode == 0444);
  sink->reset();
  CHECK(files.list(directory.path()).value() == Names{"file"});
}

TEST_CASE("files: a file given up half-way is gone") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  {
    auto sink = files.create(directory / "file", 0644);
    REQUIRE(sink);
    REQUIRE((*sink)->append(bytes("half")));
  }
  CHECK(files.list(directory.path()).value().empty());
}

TEST_CASE("files: a writer that is killed leaves nothing behind") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t writer = ::fork();
  if (writer == 0) {
    auto sink = files.create(directory / "file", 0644);
    (void)!::write(ready[1], sink && (*sink)->append(bytes("half")) ? "y" : "n", 1);
    for (;;)
      ::pause();
  }
  char answer = 0;
  CHECK(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK(files.list(directory.path()).value().empty());
}

TEST_CASE("files: a file system without unnamed files gets temporary names, which go away") {
  fakes::check_in_namespace(0, []() -> std::string {
    TemporaryDirectory directory;
    sys::KernelFiles files;
    EXPECT(fakes::deny_unnamed_files());
    EXPECT(files.replace(directory / "file", bytes("first"), {}));
    {
      auto sink = files.create(directory / "other", 0644);
      EXPECT(sink && (*sink)->append(bytes("half")));
      EXPECT(files.list(directory.path())->size() == 2);
    }
    EXPECT(files.replace(directory / "file", bytes("second"), {}));
    EXPECT(files.make_directory(directory / "taken", {.mode = 0755}));
    EXPECT(files.replace(directory / "taken", bytes("x"), {}).error().code == EISDIR);
    EXPECT(files.read(directory / "file", 10).value() == "second");
    EXPECT((files.list(directory.path()).value() == Names{"file", "taken"}));
    return "";
  });
}

TEST_CASE("files: of many that put a file at one path each puts a whole one there, and nothing else stays") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  const auto write = [&](char letter) {
    bool good = true;
    for (int i = 0; i < 100; ++i)
      good = good && files.replace(directory / "file", bytes(std::string(10'000, letter)), {});
    return good;
  };
  REQUIRE(write('a'));
  std::vector<pid_t> writers;
  for (const char letter : {'b', 'c', 'd'}) {
    writers.push_back(::fork());
    if (writers.back() == 0) ::_exit(write(letter) ? 0 : 1);
  }
  for (int i = 0; i < 200; ++i) {
    const std::string found = read(files, directory / "file");
    CHECK(found == std::string(10'000, found.front()));
  }
  for (const pid_t writer : writers) {
    int status = -1;
    REQUIRE(::waitpid(writer, &status, 0) == writer);
    CHECK(status == 0);
  }
  CHECK(files.list(directory.path()).value() == Names{"file"});
}

TEST_CASE("files: many may be written beside each other") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  std::vector<std::unique_ptr<sys::FileSink>> sinks;
  for (int i = 0; i < 50; ++i) {
    auto sink = files.create(directory / std::to_string(i), 0644);
    REQUIRE(sink);
    sinks.push_back(std::move(*sink));
  }
  for (auto& sink : sinks)
    REQUIRE(sink->finish());
  CHECK(files.list(directory.path()).value().size() == 50);
}

TEST_CASE("files: reading has a limit and works on files of no size") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  const std::string content(10'000, 'x');
  REQUIRE(files.replace(directory / "file", bytes(content), {}));
  CHECK(files.read(directory / "file", 10'000).value() == content);
  const auto refused = files.read(directory / "file", 9'999);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EFBIG);
  CHECK(read(files, "/proc/self/stat").size() > 20);
  CHECK(files.read(directory / "absent", 1).error().code == ENOENT);
  CHECK(files.read(directory.path(), 1).error().code == EISDIR);
}

TEST_CASE("files: reading waits for no fifo and no device") {
  TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  for (const sys::LinkTrust links : {sys::LinkTrust::of_root, sys::LinkTrust::all}) {
    sys::KernelFiles files(links);
    for (const std::string& path : {directory / "fifo", std::string("/dev/zero")}) {
      CAPTURE(path);
      const auto content = files.read(path, 1000);
      REQUIRE_FALSE(content);
      CHECK(content.error().what == "read " + path + ": not a regular file");
    }
  }
}

TEST_CASE("files: what a link leads to is looked at, whoever follows it") {
  TemporaryDirectory directory;
  for (const sys::LinkTrust links : {sys::LinkTrust::of_root, sys::LinkTrust::all}) {
    sys::KernelFiles files(links);
    REQUIRE(files.replace(directory / "file", bytes("x"), {.mode = 0640}));
    REQUIRE(files.make_link("file", directory / "link"));
    CHECK(facts(files, directory / "link").kind == sys::FileKind::link);
    const auto target = files.facts_through(directory / "link");
    REQUIRE((target && *target));
    CHECK((*target)->kind == sys::FileKind::regular);
    CHECK((*target)->mode == 0640);
    CHECK_FALSE(files.facts_through(directory / "absent").value());
    REQUIRE(files.remove(directory / "link"));
  }
}

TEST_CASE("files: a copy has the content and the owner it is given") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  std::string content(300'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<char>(i * 7 + i / 256);
  REQUIRE(files.replace(directory / "from", bytes(content), {}));
  REQUIRE(files.copy(directory / "from", directory / "to", {.uid = 1, .gid = 2, .mode = 0600}));
  CHECK(read(files, directory / "to") == content);
  CHECK(facts(files, directory / "to").mode == 0600);
  CHECK(facts(files, directory / "to").uid == 1);
}

TEST_CASE("files: a file of /proc, which claims to be empty, is copied whole") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(files.copy("/proc/version", directory / "to", {}));
  CHECK(read(files, directory / "to") == read(files, "/proc/version"));
}

TEST_CASE("files: only regular files are copied, and a fifo does not hang the copy") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  for (const std::string& from : {directory / "fifo", directory.path(), std::string("/dev/zero")}) {
    CAPTURE(from);
    const auto copied = files.copy(from, directory / "to", {});
    REQUIRE_FALSE(copied);
    CHECK(copied.error().what.find("not a regular file") != std::string::npos);
  }
  CHECK(files.list(directory.path()).value() == Names{"fifo"});
}

TEST_CASE("files: write changes what is there and makes nothing new") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  CHECK(code_of(files.write(directory / "file", "x")) == ENOENT);
  REQUIRE(files.replace(directory / "file", bytes("long content"), {}));
  const auto before = facts(files, directory / "file");
  REQUIRE(files.write(directory / "file", "short"));
  CHECK(read(files, directory / "file") == "short");
  CHECK(facts(files, directory / "file").inode == before.inode);
}

TEST_CASE("files: directories") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  sys::UmaskGuard strict(0777);
  REQUIRE(files.make_directory(directory / "a", {.uid = 3, .gid = 4, .mode = 02775}));
  CHECK(facts(files, directory / "a").kind == sys::FileKind::directory);
  CHECK(facts(files, directory / "a").mode == 02775);
  CHECK(facts(files, directory / "a").gid == 4);
  CHECK(code_of(files.make_directory(directory / "a", {.mode = 0755})) == EEXIST);

  REQUIRE(files.make_directories(directory / "b/c"));
  CHECK(facts(files, directory / "b").mode == 0755);
  CHECK(facts(files, directory / "b/c").mode == 0755);
  REQUIRE(files.make_directories(directory / "b/c"));
  REQUIRE(files.make_directories(directory / "a"));
  CHECK(facts(files, directory / "a").mode == 02775);
  REQUIRE(files.make_directories("/"));
}

TEST_CASE("files: missing directories are made below a link, and not below a file") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(files.make_directory(directory / "real", {.mode = 0755}));
  REQUIRE(files.make_link("real", directory / "link"));
  REQUIRE(files.make_directories(directory / "link/below"));
  CHECK(facts(files, directory / "real/below").kind == sys::FileKind::directory);

  REQUIRE(files.replace(directory / "file", bytes("x"), {}));
  const auto made = files.make_directories(directory / "file/below");
  CHECK(code_of(made) == ENOTDIR);
  CHECK(made.error().what.find("file is in the way") != std::string::npos);
}

TEST_CASE("files: listing is sorted and without dots") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  for (const char* name : {"b", "a", ".hidden", "c"})
    REQUIRE(files.replace(directory / name, {}, {}));
  CHECK(files.list(directory.path()).value() == Names{".hidden", "a", "b", "c"});
  CHECK(files.list(directory / "a").error().code == ENOTDIR);
  CHECK(files.list(directory / "absent").error().code == ENOENT);
}

TEST_CASE("files: device nodes") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  sys::UmaskGuard strict(0777);
  REQUIRE(files.make_device(directory / "null", sys::FileKind::character_device, 1, 3, {.gid = 5, .mode = 0666}));
  const auto found = facts(files, directory / "null");
  CHECK(found.kind == sys::FileKind::character_device);
  CHECK(found.device_major == 1);
  CHECK(found.device_minor == 3);
  CHECK(found.mode == 0666);
  CHECK(found.gid == 5);
  REQUIRE(files.make_device(directory / "loop", sys::FileKind::block_device, 7, 300, {.mode = 0600}));
  CHECK(facts(files, directory / "loop").kind == sys::FileKind::block_device);
  CHECK(facts(files, directory / "loop").device_minor == 300);
}

TEST_CASE("files: links are looked at, not through") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(files.replace(directory / "file", bytes("x"), {.mode = 0640}));
  REQUIRE(files.make_link("file", directory / "link"));
  CHECK(facts(files, directory / "link").kind == sys::FileKind::link);
  CHECK(files.read_link(directory / "link").value() == "file");
  CHECK(files.read_link(directory / "file").error().code == EINVAL);

  REQUIRE(files.set_owner(directory / "link", {.uid = 9, .gid = 9, .mode = 0777}));
  CHECK(facts(files, directory / "link").uid == 9);
  CHECK(facts(files, directory / "file").uid == 0);
  CHECK(facts(files, directory / "file").mode == 0640);

  REQUIRE(files.remove(directory / "link"));
  CHECK(read(files, directory / "file") == "x");
}

TEST_CASE("files: the owner is set before the set-id bits, which changing it would clear") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(files.replace(directory / "file", {}, {}));
  REQUIRE(files.set_owner(directory / "file", {.uid = 7, .gid = 8, .mode = 04755}));
  CHECK(facts(files, directory / "file").mode == 04755);
  CHECK(facts(files, directory / "file").uid == 7);
  REQUIRE(files.set_owner(directory / "file", {.uid = ~0u, .gid = ~0u, .mode = 0600}));
  CHECK(facts(files, directory / "file").mode == 0600);
  CHECK(facts(files, directory / "file").uid == 7);
  CHECK(facts(files, directory / "file").gid == 8);
  CHECK(code_of(files.set_owner(directory / "absent", {})) == ENOENT);
}

TEST_CASE("files: hard links, new names, removal") {
  TemporaryDirectory directory;
  sys::KernelFiles files;
  REQUIRE(files.replace(directory / "one", bytes("x"), {}));
  REQUIRE(files.hard_link(directory / "one", directory / "two"));
  CHECK(facts(files, directory / "one").inode == facts(files, directory / "two").inode);
  CHECK(code_of(files.hard_link(directory / "one", directory / "two")) == EEXIST);
  REQUIRE(files.rename(directory / "two", directory / "three"));
  CHECK(files.list(directory.path()).value() == Names{"one", "three"});
  CHECK(code_of(files.rename(directory / "absent", directory / "four")) == ENOENT);

  REQUIRE(files.make_directories(directory / "full/below"));
  CHECK(code_of(files.remove(directory / "full")) == ENOTEMPTY);
  REQUIRE(files.remove(directory / "full/below"));
  REQUIRE(files.remove(directory / "full"));
  CHECK(code_of(files.remove(directory / "full")) == ENOENT);
}
