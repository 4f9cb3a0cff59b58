// Which kernel modules are loaded for those that are asked for: small folders made here, and the kernel of the test
// machines against modprobe(8).
#include "frontend/common/kernel_modules.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "frontend/common/module_content.h"
#include "tests/unit/temporary_directory.h"

namespace {

namespace fs = std::filesystem;

using frontend::ModuleFile;
using frontend::ModuleFolder;
using frontend::ModulePacking;
using frontend::ModuleRequest;

constexpr char modules_dep[] =
    "kernel/net/virtio_net.ko: kernel/net/net_failover.ko kernel/net/failover.ko\n"
    "kernel/net/net_failover.ko: kernel/net/failover.ko\n"
    "kernel/net/failover.ko:\n"
    "kernel/fs/big-fs.ko.xz: kernel/lib/libsum.ko.zst\n"
    "kernel/lib/libsum.ko.zst:\n"
    "kernel/lib/sum-fast.ko:\n"
    "kernel/lib/sum-slow.ko:\n"
    "kernel/log.ko:\n"
    "kernel/old.ko.gz:\n"
    "/opt/driver/far.ko:\n";
constexpr char modules_softdep[] =
    "# of the modules themselves\n"
    "softdep libsum pre: sum\n"
    "softdep big-fs nonsense pre: nosuch built post: log\n";
constexpr char modules_alias[] =
    "alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_net\n"
    "alias sum sum_fast\n"
    "alias sum sum_slow\n"
    "alias fs-big big_fs\n"
    "alias core built\n";

ModuleFolder folder(frontend::ModuleTexts texts = {modules_dep, "kernel/core/built.ko\n", modules_softdep,
                                                   modules_alias}) {
  auto parsed = ModuleFolder::parse("/m", texts);
  REQUIRE(parsed);
  return std::move(*parsed);
}

std::string words(const sys::Result<frontend::ModuleOrder>& order) {
  if (!order) return order.error().what;
  std::string text;
  for (const ModuleFile& file : order->files)
    text += (text.empty() ? "" : " ") + file.name + (file.optional ? "?" : "");
  return text;
}

std::string order_of(std::vector<ModuleRequest> requests) { return words(folder().load_order(requests)); }

std::string text_from(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  char piece[4096];
  while (const std::size_t size = std::fread(piece, 1, sizeof piece, pipe))
    text.append(piece, size);
  CHECK(::pclose(pipe) == 0);
  return text;
}

// The first of each: modprobe says one again that has a "post:".
std::vector<std::string> insmod_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("insmod ") && std::find(lines.begin(), lines.end(), line) == lines.end())
      lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE("kernel modules: what is needed comes first, each once") {
  CHECK(order_of({{"virtio_net"}}) == "failover net_failover virtio_net");
  CHECK(order_of({{"virtio-net"}, {"failover"}, {"net_failover"}}) == "failover net_failover virtio_net");
  CHECK(order_of({{"log"}, {"failover"}}) == "log failover");
  CHECK(order_of({}) == "");
}

TEST_CASE("kernel modules: where they are and how they are packed") {
  const std::vector<ModuleRequest> requests = {{"libsum"}, {"big_fs"}, {"far"}};
  const auto order = folder().load_order(requests);
  REQUIRE(order);
  const auto at = [&](const std::string& name) {
    const auto found = std::find_if(order->files.begin(), order->files.end(),
                                    [&](const ModuleFile& file) { return file.name == name; });
    REQUIRE(found != order->files.end());
    return *found;
  };
  CHECK(at("libsum").source == "/m/kernel/lib/libsum.ko.zst");
  CHECK(at("libsum").packing == ModulePacking::zstd);
  CHECK(at("big_fs").source == "/m/kernel/fs/big-fs.ko.xz");
  CHECK(at("big_fs").packing == ModulePacking::xz);
  CHECK(at("far").source == "/opt/driver/far.ko");
  CHECK(at("far").packing == ModulePacking::none);
  CHECK(order_of({{"old"}}).find("kernel module old: kernel/old.ko.gz is packed with gzip") == 0);
}

TEST_CASE("kernel modules: soft dependencies come before and after, and are optional unless asked for") {
  CHECK(order_of({{"big_fs"}}) == "sum_fast? sum_slow? libsum big_fs log?");
  CHECK(order_of({{"big_fs"}, {"log"}, {"sum-slow"}}) == "sum_fast? sum_slow libsum big_fs log");
  const auto circle = folder({"a.ko:\nb.ko: c.ko\nc.ko:\n", "", "softdep a pre: b\nsoftdep c pre: a\n", ""});
  CHECK(words(circle.load_order(std::vector<ModuleRequest>{{"a"}})) == "c? b? a");
  CHECK(words(circle.load_order(std::vector<ModuleRequest>{{"a"}, {"b"}})) == "c b a");
}

TEST_CASE("kernel modules: aliases without wildcards are names too") {
  CHECK(order_of({{"fs-big"}}) == "sum_fast? sum_slow? libsum big_fs log?");
  CHECK(order_of({{"sum"}}) == "sum_fast sum_slow");
  CHECK(order_of({{"pci:v00001AF4d*sv*sd*bc*sc*i*"}}).find("there is no kernel module") == 0);
}

TEST_CASE("kernel modules: what is part of the kernel has nothing to load") {
  const std::vector<ModuleRequest> requests = {{"built"}, {"log"}, {"core"}, {"built"}};
  const auto order = folder().load_order(requests);
  REQUIRE(order);
  CHECK(words(order) == "log");
  CHECK(order->built_in == std::vector<std::string>{"built", "core"});
  CHECK(order_of({{"built", "debug=1"}}).find("the kernel's command line, as built.OPTION") != std::string::npos);
}

TEST_CASE("kernel modules: options belong to a module, also where it is loaded for another") {
  const std::vector<ModuleRequest> requests = {{"virtio_net", "csum=0"}, {"failover", "a=1 b=\"x y\""}};
  const auto order = folder().load_order(requests);
  REQUIRE(order);
  REQUIRE(order->files.size() == 3);
  CHECK(order->files[0].options == "a=1 b=\"x y\"");
  CHECK(order->files[1].options.empty());
  CHECK(order->files[2].options == "csum=0");
  CHECK(order_of({{"log", "a=1"}, {"log", "a=1"}}) == "log");
  CHECK(order_of({{"log", "a=1"}, {"log", "a=2"}}) ==
        "kernel module log: is asked for with the options 'a=1' and with 'a=2'; it is loaded once");
  CHECK(order_of({{"sum", "a=1"}}).find("stands for 2 modules") != std::string::npos);
}

TEST_CASE("kernel modules: what is not there, and what is no name, is refused by name") {
  CHECK(order_of({{"log"}, {"nosuch"}}) ==
        "there is no kernel module 'nosuch' in /m; modules.dep there names 10 others");
  CHECK(order_of({{""}}).find("is no name") != std::string::npos);
  CHECK(order_of({{"a\nb"}}).find("'a\\x0ab' is no name") == 0);
  CHECK(order_of({{std::string(200, 'a')}}).find("is no name") != std::string::npos);
  CHECK(order_of({{"log", "a=1\n"}}).find("kernel module log: its options") == 0);
  CHECK(order_of({{"log", std::string(2000, 'a')}}).find("kernel module log: its options") == 0);
}

TEST_CASE("kernel modules: texts that depmod does not write are refused, or take little work") {
  const auto wrong = ModuleFolder::parse("/m", {"a.ko:\n../b.ko:\n", "", "", ""});
  REQUIRE(!wrong);
  CHECK(wrong.error().what.find("/m: modules.dep:2:") == 0);
  const auto gap = folder({"a.ko: b.ko\n", "", "", ""});
  CHECK(words(gap.load_order(std::vector<ModuleRequest>{{"a"}})).find("b is needed and has no line") !=
        std::string::npos);

  std::string alias;
  for (int i = 0; i < 300; ++i)
    alias += "alias all m" + std::to_string(i) + "\n";
  CHECK_FALSE(ModuleFolder::parse("/m", {"a.ko:\n", "", "", alias}));

  std::string names = "softdep a pre:";
  for (int i = 0; i < 200000; ++i)
    names += " b";
  const auto many = folder({"a.ko:\nb.ko:\n", "", names, ""});
  CHECK(words(many.load_order(std::vector<ModuleRequest>{{"a"}})).find("too many soft") != std::string::npos);

  std::string dep, chain;
  for (int i = 0; i < 5000; ++i) {
    dep += "m" + std::to_string(i) + ".ko:\n";
    chain += "softdep m" + std::to_string(i) + " pre: m" + std::to_string(i + 1) + "\n";
  }
  const auto deep = folder({dep, "", chain, ""});
  CHECK(words(deep.load_order(std::vector<ModuleRequest>{{"m0"}})) == "kernel modules: more than 1024 to be loaded");
  CHECK_FALSE(deep.load_order(std::vector<ModuleRequest>(2000, {"m0"})));
}

TEST_CASE("kernel modules: a folder without modules.dep says what makes it; the others may be missing") {
  const fakes::TemporaryDirectory directory;
  const auto nothing = ModuleFolder::read(directory.path());
  REQUIRE(!nothing);
  CHECK(nothing.error().text().find(directory / "modules.dep") != std::string::npos);
  CHECK(nothing.error().text().find("depmod") != std::string::npos);
  std::ofstream(directory / "modules.dep") << modules_dep;
  const auto alone = ModuleFolder::read(directory.path());
  REQUIRE(alone);
  CHECK(words(alone->load_order(std::vector<ModuleRequest>{{"big_fs"}})) == "libsum big_fs");
  fs::create_directory(directory / "modules.alias");
  CHECK_FALSE(ModuleFolder::read(directory.path()));
}

TEST_CASE("kernel modules: every line of soft dependencies counts") {
  const auto lines = folder({"a.ko:\nb.ko:\nc.ko:\n", "", "softdep a pre: b\nsoftdep a pre: c\n", ""});
  CHECK(words(lines.load_order(std::vector<ModuleRequest>{{"a"}})) == "b? c? a");
}

// The kernel that scripts/bootstrap has fetched.
TEST_CASE("kernel modules: the same files in the same order as modprobe") {
  const fs::path modules = fs::canonical("build/toolchain/kernel/modules");
  const auto all = ModuleFolder::read(modules);
  REQUIRE(all);
  const std::string modprobe = "modprobe -C /dev/null --show-depends -d " +
                               modules.parent_path().parent_path().parent_path().string() + " -S " +
                               modules.filename().string() + " ";
  for (const char* name : {"virtio_net", "nfsv4", "libcrc32c", "nfsd", "cifs", "xts", "xt_LOG", "softdog", "vfio"}) {
    CAPTURE(name);
    const auto order = all->load_order(std::vector<ModuleRequest>{{name}});
    REQUIRE(order);
    std::vector<std::string> mine;
    for (const ModuleFile& file : order->files)
      mine.push_back("insmod " + file.source + " ");
    CHECK(mine == insmod_lines(text_from(modprobe + name)));
  }
  const auto order = all->load_order(std::vector<ModuleRequest>{{"virtio_net"}});
  CHECK(frontend::module_content(order->files.front()));
}
