// What others than root have planted on the way of a path, and every operation that meets it.
#include "sys/safe_path.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "sys/files.h"
#include "sys/umask_guard.h"
#include "tests/unit/old_kernel.h"
#include "tests/unit/temporary_directory.h"

namespace {

using Names = std::vector<std::string>;

constexpr uid_t stranger = 1000;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// A directory of root's with a file that is to stay as it is, and one where everybody may write.
struct Scene {
  fakes::TemporaryDirectory directory;
  const std::string secret = directory / "secret", file = secret + "/file", scratch = directory / "scratch";

  Scene() {
    sys::UmaskGuard guard(0);
    ::mkdir(secret.c_str(), 0700);
    const sys::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(::write(fd.get(), "secret", 6) == 6);
    ::mkdir(scratch.c_str(), 01777);
  }

  // A symbolic link that `uid` has made.
  static bool plant(const std::string& target, const std::string& path, uid_t uid = stranger) {
    ::unlink(path.c_str());
    return ::symlink(target.c_str(), path.c_str()) == 0 && ::lchown(path.c_str(), uid, uid) == 0;
  }

  // What has happened to the secret, if anything.
  std::string harm() const {
    sys::KernelFiles files;
    struct stat found {};
    EXPECT(files.list(secret).value() == Names{"file"});
    EXPECT(files.read(file, 100).value() == "secret");
    EXPECT(::stat(file.c_str(), &found) == 0);
    EXPECT((found.st_mode & 07777) == 0600 && found.st_uid == 0);
    EXPECT(::stat(secret.c_str(), &found) == 0);
    EXPECT((found.st_mode & 07777) == 0700 && found.st_uid == 0);
    return "";
  }
};

template <class T> sys::Status status_of(const sys::Result<T>& result) {
  if (result) return {};
  return tl::unexpected(result.error());
}

struct Operation {
  const char* name;
  // `beside`: a path in a directory of root's where the operation finds or leaves what it needs.
  std::function<sys::Status(sys::Files&, const std::string& path, const std::string& beside)> perform;
};
const Operation operations[] = {
    {"create",
     [](sys::Files& files, const std::string& path, const std::string&) {
       auto sink = files.create(path, 0644);
       return sink ? (*sink)->append(bytes("new")).and_then([&] { return (*sink)->finish(); }) : status_of(sink);
     }},
    {"replace", [](sys::Files& files, const std::string& path,
                   const std::string&) { return files.replace(path, bytes("new"), {.uid = 5, .mode = 0644}); }},
    {"copy", [](sys::Files& files, const std::string& path,
                const std::string& beside) { return files.copy(beside, path, {.uid = 5, .mode = 0644}); }},
    {"copy from", [](sys::Files& files, const std::string& path,
                     const std::string& beside) { return files.copy(path, beside, {.mode = 0644}); }},
    {"write", [](sys::Files& files, const std::string& path, const std::string&) { return files.write(path, "new"); }},
    {"make_directory", [](sys::Files& files, const std::string& path,
                          const std::string&) { return files.make_directory(path, {.uid = 5, .mode = 0777}); }},
    {"make_directories", [](sys::Files& files, const std::string& path,
                            const std::string&) { return files.make_directories(path + "/x"); }},
    {"make_device",
     [](sys::Files& files, const std::string& path, const std::string&) {
       return files.make_device(path, sys::FileKind::character_device, 1, 3, {.uid = 5, .mode = 0666});
     }},
    {"make_link", [](sys::Files& files, const std::string& path,
                     const std::string&) { return files.make_link("/elsewhere", path); }},
    {"hard_link", [](sys::Files& files, const std::string& path,
                     const std::string& beside) { return files.hard_link(beside, path); }},
    {"hard_link from", [](sys::Files& files, const std::string& path,
                          const std::string& beside) { return files.hard_link(path, beside + "-2"); }},
    {"rename",
     [](sys::Files& files, const std::string& path, const std::string& beside) { return files.rename(beside, path); }},
    {"rename from",
     [](sys::Files& files, const std::string& path, const std::string& beside) { return files.rename(path, beside); }},
    {"set_owner", [](sys::Files& files, const std::string& path,
                     const std::string&) { return files.set_owner(path, {.uid = 5, .gid = 5, .mode = 0777}); }},
    {"remove", [](sys::Files& files, const std::string& path, const std::string&) { return files.remove(path); }},
    {"facts",
     [](sys::Files& files, const std::string& path, const std::string&) { return status_of(files.facts(path)); }},
    {"facts_through", [](sys::Files& files, const std::string& path,
                         const std::string&) { return status_of(files.facts_through(path)); }},
    {"read",
     [](sys::Files& files, const std::string& path, const std::string&) { return status_of(files.read(path, 100)); }},
    {"read_link",
     [](sys::Files& files, const std::string& path, const std::string&) { return status_of(files.read_link(path)); }},
    {"list", [](sys::Files& files, const std::string& path,
                const std::string&) { return status_of(files.list(path.substr(0, path.rfind('/')))); }},
};

std::string beside(const Scene& scene) {
  sys::KernelFiles files;
  const std::string path = scene.directory / "beside";
  (void)files.remove(path + "-2");
  (void)files.replace(path, bytes("beside"), {});
  return path;
}

// That every operation on `path` is refused for the reason given, and has done no harm.
std::string refuse_all(const Scene& scene, const std::string& path, const std::string& reason) {
  sys::KernelFiles files;
  for (const Operation& operation : operations) {
    const auto status = operation.perform(files, path, beside(scene));
    if (status) return sys::cat(operation.name, " ", path, ": was done");
    if (status.error().text().find(reason) == std::string::npos)
      return sys::cat(operation.name, ": not ", reason, ", but ", status.error().text());
    if (const auto harm = scene.harm(); !harm.empty()) return sys::cat(operation.name, ": ", harm);
  }
  return "";
}

std::string read_through(const std::string& path) {
  sys::KernelFiles files;
  const auto text = files.read(path, 100);
  return text ? *text : text.error().text();
}

}  // namespace

TEST_CASE("paths: a link on the way that a user has made stops every operation, and is named") {
  Scene scene;
  const std::string link = scene.scratch + "/link";
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    for (const std::string& target : {std::string("../secret"), scene.secret, std::string("."), std::string("/")}) {
      EXPECT(Scene::plant(target, link));
      const auto outcome = refuse_all(scene, link + "/file", link + " is a link that uid 1000 has made");
      if (!outcome.empty()) return outcome;
    }
    return "";
  });
}

TEST_CASE("paths: a user's link behind a link of root's, and one that leads nowhere or to itself") {
  Scene scene;
  const std::string link = scene.scratch + "/link", by_root = scene.directory / "by-root";
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    EXPECT(Scene::plant("../secret", link));
    EXPECT(Scene::plant("scratch/link", by_root, 0));
    auto outcome = refuse_all(scene, by_root + "/file", "is a link that uid 1000 has made");
    if (!outcome.empty()) return outcome;
    for (const char* target : {"../nowhere", "link"}) {
      EXPECT(Scene::plant(target, link));
      outcome = refuse_all(scene, link + "/file", "is a link that uid 1000 has made");
      if (!outcome.empty()) return outcome;
    }
    return "";
  });
}

TEST_CASE("paths: what a link at the end leads to is never touched") {
  Scene scene;
  const std::string link = scene.scratch + "/link";
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    for (const uid_t maker : {stranger, uid_t{0}}) {
      for (const char* target : {"../secret/file", "../secret/new", "../secret", "link"}) {
        for (const Operation& operation : operations) {
          sys::KernelFiles files;
          (void)files.remove(link);
          EXPECT(Scene::plant(target, link, maker));
          const auto status = operation.perform(files, link, beside(scene));
          const std::string name = operation.name;
          const bool root_may = maker == 0 && (name == "copy from" || name == "read" || name == "make_directories");
          if ((name == "write" || name == "copy from" || name == "read") && status && !root_may) return name;
          if (name == "make_directories" && root_may && std::string(target) == "../secret")
            ::rmdir((scene.secret + "/x").c_str());
          if (const auto harm = scene.harm(); !harm.empty()) return sys::cat(name, " at ", target, ": ", harm);
          EXPECT((*files.facts(scene.file))->links == 1);
        }
      }
    }
    return "";
  });
}

TEST_CASE("paths: a file takes the place of a planted link") {
  Scene scene;
  const std::string link = scene.scratch + "/link";
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    for (const char* target : {"../secret/file", "../secret/new", "link"}) {
      sys::KernelFiles files;
      EXPECT(Scene::plant(target, link));
      EXPECT(files.replace(link, bytes("new"), {}));
      EXPECT((*files.facts(link))->kind == sys::FileKind::regular);
      EXPECT(files.read(link, 10).value() == "new");
      EXPECT(files.list(scene.scratch).value() == Names{"link"});
    }
    return scene.harm();
  });
}

TEST_CASE("paths: links of root's are followed, at the end where it is asked for") {
  Scene scene;
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    const std::string link = scene.directory / "link", in_scratch = scene.scratch + "/by-root";
    sys::KernelFiles files;
    for (const std::string& target : {std::string("secret"), std::string("./scratch/../secret/"), scene.secret}) {
      EXPECT(Scene::plant(target, link, 0));
      EXPECT(read_through(link + "/file") == "secret");
      EXPECT((*files.facts(link))->kind == sys::FileKind::link);
      EXPECT((*files.facts_through(link))->kind == sys::FileKind::directory);
      EXPECT(files.list(link).value() == Names{"file"});
      EXPECT(files.make_directories(link));
      EXPECT(files.replace(link + "/new", {}, {}));
      EXPECT(files.remove(scene.secret + "/new"));
    }
    // In a sticky directory too: nobody else can have renamed it there.
    EXPECT(Scene::plant("../secret", in_scratch, 0));
    EXPECT(read_through(in_scratch + "/file") == "secret");
    EXPECT(Scene::plant("link/file", scene.directory / "to-link", 0));
    EXPECT(read_through(scene.directory / "to-link") == "secret");
    return "";
  });
}

TEST_CASE("paths: a link of root's is not followed where others can have put it") {
  Scene scene;
  const std::string by_root = scene.directory / "by-root", moved = scene.scratch + "/moved";
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    EXPECT(Scene::plant("../secret", by_root, 0));
    ::unlink(moved.c_str());
    EXPECT(::linkat(AT_FDCWD, by_root.c_str(), AT_FDCWD, moved.c_str(), 0) == 0);
    auto outcome = refuse_all(scene, moved + "/file", moved + " is a link that others than root can have put into");
    if (!outcome.empty()) return outcome;

    for (const auto& [mode, owner] :
         {std::pair<mode_t, uid_t>{0777, 0}, {0775, 0}, {01777, stranger}, {0755, stranger}}) {
      ::unlink(moved.c_str());
      EXPECT(::chown(scene.scratch.c_str(), owner, 0) == 0);
      EXPECT(::chmod(scene.scratch.c_str(), mode) == 0);
      EXPECT(Scene::plant("../secret", moved, 0));
      outcome = refuse_all(scene, moved + "/file", "others than root can have put into");
      if (!outcome.empty()) return outcome;
    }
    return "";
  });
}

TEST_CASE("paths: a second name of root's own link elsewhere closes nothing") {
  Scene scene;
  const std::string by_root = scene.directory / "by-root";
  REQUIRE(Scene::plant("secret", by_root, 0));
  REQUIRE(::linkat(AT_FDCWD, by_root.c_str(), AT_FDCWD, (scene.scratch + "/name").c_str(), 0) == 0);
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    EXPECT(read_through(by_root + "/file") == "secret");
    return "";
  });
}

TEST_CASE("paths: links in a circle are an error, not an endless walk") {
  Scene scene;
  REQUIRE(Scene::plant("b", scene.directory / "a", 0));
  REQUIRE(Scene::plant("a", scene.directory / "b", 0));
  REQUIRE(Scene::plant("doubling/../doubling", scene.directory / "doubling", 0));
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    sys::KernelFiles files;
    for (const char* name : {"a", "doubling"}) {
      EXPECT(files.read(scene.directory / name, 10).error().code == ELOOP);
      EXPECT(files.replace(scene.directory / name + "/x", {}, {}).error().code == ELOOP);
      EXPECT(files.facts(scene.directory / name)->has_value());
    }
    return "";
  });
}

TEST_CASE("paths: through a magic link there is no way, and /proc/self is none") {
  Scene scene;
  const sys::Fd open(::open(scene.secret.c_str(), O_PATH | O_CLOEXEC));
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    const std::string link = sys::cat("/proc/self/fd/", open.get());
    const auto outcome = refuse_all(scene, link + "/file", "is a magic link");
    if (!outcome.empty()) return outcome;
    for (const char* path : {"/proc/self/root/etc", "/proc/thread-self/cwd/x", "/proc/self/ns/net"})
      EXPECT(read_through(path).find("is a magic link") != std::string::npos);
    EXPECT(read_through("/proc/self/comm").size() > 1);
    EXPECT(read_through("/proc/thread-self/comm").size() > 1);
    return "";
  });
}

TEST_CASE("paths: what is no clean path is refused before anything is looked at") {
  sys::KernelFiles files;
  Scene scene;
  const std::string long_name(256, 'n');
  std::string long_path;
  while (long_path.size() < 4096)
    long_path += "/directory";
  const std::pair<std::string, const char*> cases[] = {
      {"", "is empty"},
      {"relative/x", "is not absolute"},
      {scene.scratch + "/../secret/file", "has a '..' in it"},
      {scene.scratch + "/./x", "has a '.' in it"},
      {scene.scratch + "//x", "has a '//' in it"},
      {scene.scratch + "/x/", "has a slash at its end"},
      {scene.scratch + "/" + long_name, "has a component of more than 255 bytes"},
      {long_path, "is longer than 4095 bytes"},
      {scene.scratch + std::string("/a\0b", 4), "has a zero byte in it"},
  };
  for (const auto& [path, fault] : cases) {
    for (const Operation& operation : operations) {
      if (std::string(operation.name) == "make_directories" || std::string(operation.name) == "list") continue;
      CAPTURE(operation.name);
      CAPTURE(path);
      const auto status = operation.perform(files, path, beside(scene));
      REQUIRE_FALSE(status);
      CHECK_MESSAGE(status.error().text().find(fault) != std::string::npos, status.error().text());
    }
    CHECK_FALSE(files.make_directories(path));
    CHECK_FALSE(files.list(path));
  }
  CHECK(files.list(scene.scratch).value().empty());
  CHECK(scene.harm() == "");
}

TEST_CASE("paths: who renames a directory and a link in turn gets nothing into the secret") {
  fakes::check_on_every_kernel(0, []() -> std::string {
    const Scene scene;
    const std::string way = scene.scratch + "/way", link = scene.scratch + "/link";
    EXPECT(::mkdir(way.c_str(), 0755) == 0);
    EXPECT(Scene::plant("../secret", link));
    const pid_t attacker = ::fork();
    if (attacker == 0) {
      for (;;)
        ::syscall(SYS_renameat2, AT_FDCWD, way.c_str(), AT_FDCWD, link.c_str(), 2 /* RENAME_EXCHANGE */);
    }
    sys::KernelFiles files;
    int done = 0, refused = 0;
    bool seen = false;
    for (int round = 0; round < 500 || (round < 20'000 && (done == 0 || refused == 0)); ++round) {
      const bool replaced = files.replace(way + "/new", bytes("new"), {}).has_value();
      ++(replaced ? done : refused);
      (void)files.make_directories(way + "/below/it");
      (void)files.set_owner(way + "/file", {.uid = 5, .mode = 0777});
      (void)files.remove(way + "/file");
      const auto listed = files.list(way);
      seen = seen || (listed && std::find(listed->begin(), listed->end(), "file") != listed->end());
    }
    ::kill(attacker, SIGKILL);
    ::waitpid(attacker, nullptr, 0);
    EXPECT(done > 0);
    EXPECT(refused > 0);
    EXPECT(!seen);
    return scene.harm();
  });
}

TEST_CASE("paths: a file with other names is not given away, and is itself not changed when it is replaced") {
  Scene scene;
  const std::string name = scene.scratch + "/name";
  REQUIRE(::link(scene.file.c_str(), name.c_str()) == 0);
  sys::KernelFiles files;
  const auto given = files.set_owner(name, {.uid = 5, .mode = 0777});
  REQUIRE_FALSE(given);
  CHECK(given.error().text().find("it has 2 names") != std::string::npos);
  CHECK(scene.harm() == "");
  REQUIRE(files.replace(name, bytes("new"), {.uid = 5, .mode = 0777}));
  CHECK(scene.harm() == "");
  CHECK(files.set_owner(name, {.uid = 6, .mode = 0700}));
}

TEST_CASE("paths: no link leads out of a root directory") {
  Scene scene;
  const std::string root = scene.directory / "root";
  sys::KernelFiles files;
  REQUIRE(files.make_directories(root + "/usr/lib"));
  REQUIRE(files.replace(root + "/file", bytes("inside"), {}));
  REQUIRE(Scene::plant("/usr/lib", root + "/lib", stranger));
  REQUIRE(Scene::plant("../../secret", root + "/relative", stranger));
  REQUIRE(Scene::plant(scene.secret, root + "/absolute", stranger));
  REQUIRE(Scene::plant("../../../../file", root + "/above", stranger));
  fakes::check_on_every_kernel(0, [&]() -> std::string {
    const sys::SafePaths inside(sys::LinkTrust::inside, root);
    EXPECT(inside.locate("look at", "/lib/new"));
    EXPECT(inside.open("open", "/lib", O_PATH | O_DIRECTORY));
    EXPECT(inside.open("open", "/above", O_RDONLY));
    EXPECT(inside.open("open", "/relative/file", O_RDONLY).error().code == ENOENT);
    EXPECT(inside.open("open", "/absolute/file", O_RDONLY).error().code == ENOENT);
    EXPECT(inside.locate("make", "/relative/file").error().code == ENOENT);
    EXPECT(!inside.locate("make", "/../secret/file"));
    return "";
  });
}

TEST_CASE("paths: the front end's own way is the kernel's") {
  Scene scene;
  REQUIRE(Scene::plant("../secret", scene.scratch + "/link"));
  sys::KernelFiles files(sys::LinkTrust::all);
  CHECK(files.read(scene.scratch + "/link/file", 10).value() == "secret");
  CHECK(files.read(scene.scratch + "/../secret//file", 10).value() == "secret");
  CHECK(files.list(scene.scratch + "/link").value() == Names{"file"});
  CHECK(files.replace(scene.scratch + "/link/new", bytes("x"), {}));
  CHECK(files.list(scene.secret + "/").value() == Names{"file", "new"});
}
