// What a mount of the plan becomes: the kernel's options, the marks that are filled in later, and what is refused.
#include "frontend/nodemaster/mount_kind.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>

#include <fstream>

#include "frontend/nodemaster/mount_marks.h"
#include "frontend/nodemaster/plan_files.h"
#include "sys/text.h"
#include "tests/unit/in_namespace.h"
#include "tests/unit/temporary_directory.h"

namespace {

using frontend::PlanStep;
using frontend::TomlTable;
using frontend::TomlValue;
using Keys = std::vector<std::pair<std::string, std::variant<std::string, bool, std::vector<std::string>>>>;

TomlValue value_of(const Keys::value_type::second_type& given, unsigned line) {
  TomlValue value;
  value.line = line;
  if (const auto* text = std::get_if<std::string>(&given)) {
    value.data = *text;
  } else if (const auto* flag = std::get_if<bool>(&given)) {
    value.data = *flag;
  } else {
    frontend::TomlArray array;
    for (const std::string& item : std::get<std::vector<std::string>>(given)) {
      array.emplace_back().data = item;
    }
    value.data = std::move(array);
  }
  return value;
}

// A [[step]] with target /m in line 1, and one key in each line after it.
struct Mount {
  PlanStep step;
  frontend::Problems problems;

  explicit Mount(const std::string& type, const Keys& keys = {}) {
    TomlTable table;
    table.push_back({"target", value_of(std::string("/m"), 1)});
    table.push_back({"type", value_of(type, 1)});
    unsigned line = 2;
    for (const auto& [key, value] : keys)
      table.push_back({key, value_of(value, line++)});
    frontend::TableReader reader(table, 1, "plan", "[[step]]", problems);
    frontend::read_mount(reader, step);
    reader.finish();
  }
  const transport::MountStep& action() const { return std::get<transport::MountStep>(step.step.action); }
  std::string options() const { return problems.errors() ? report() : action().options; }
  std::string report() const {
    std::string text;
    for (const frontend::Problem& problem : problems.sorted())
      text += problem.text_with_weight() + "\n";
    return text;
  }
};

const auto nfs = [](const std::string& source, Keys keys = {}, const std::string& type = "nfs") {
  keys.insert(keys.begin(), {"source", source});
  return Mount(type, keys);
};

// The problem that is told of line `line`.
void check_refused(const Mount& mount, unsigned line, const std::string& why) {
  CAPTURE(mount.report());
  CHECK(mount.problems.errors());
  CHECK(mount.report().find(sys::cat("plan:", line, ": ")) == 0);
  CHECK(mount.report().find(why) != std::string::npos);
}

// That is to be looked up; empty: none.
std::string server_of(const PlanStep& step) {
  const auto* need = std::get_if<frontend::ServerNeed>(&step.need);
  return need ? need->name : "";
}

TEST_CASE("NFS: what the kernel is told") {
  CHECK(nfs("10.9.0.5:/home").options() == "vers=4.2,proto=tcp,addr=10.9.0.5,clientaddr={address},sec=sys");
  CHECK(nfs("10.9.0.5:/home", {{"version", "4.0"}, {"options", "ro,timeo=50"}}, "nfs4").options() ==
        "vers=4.0,proto=tcp,addr=10.9.0.5,clientaddr={address},sec=sys,ro,timeo=50");
  CHECK(nfs("10.9.0.5:/home", {{"version", "3"}}).options() ==
        "vers=3,proto=tcp,addr=10.9.0.5,mountproto=tcp,mountaddr=10.9.0.5,sec=sys,nolock");
  const Mount home = nfs("10.9.0.5:/home");
  CHECK(home.action().source == "10.9.0.5:/home");
  CHECK(home.step.step.name == "mount /m");
  CHECK(home.step.step.retries == 1000);
  CHECK(server_of(home.step).empty());
}

TEST_CASE("NFS: options that say something themselves are left to it") {
  CHECK(nfs("10.9.0.5:/home", {{"options", "vers=3,proto=udp,addr=10.9.0.6,lock,mountproto=udp,sec=none"}}).options() ==
        "mountaddr=10.9.0.6,vers=3,proto=udp,addr=10.9.0.6,lock,mountproto=udp,sec=none");
  CHECK(nfs("nfs1:/home", {{"options", "v4.1,rdma,addr=10.9.0.6,clientaddr=10.9.0.7"}}).options() ==
        "sec=sys,v4.1,rdma,addr=10.9.0.6,clientaddr=10.9.0.7");
  CHECK(server_of(nfs("nfs1:/home", {{"options", "nfsvers=3,addr=10.9.0.6"}}).step).empty());
}

TEST_CASE("NFS: a server that has a name is looked up later") {
  const Mount mount = nfs("nfs-1.cluster:/home", {{"version", "3"}});
  CHECK(mount.options() == "vers=3,proto=tcp,addr={server},mountproto=tcp,mountaddr={server},sec=sys,nolock");
  CHECK(server_of(mount.step) == "nfs-1.cluster");
  CHECK(mount.action().source == "nfs-1.cluster:/home");
  CHECK(frontend::needs_files(mount.step));
  CHECK_FALSE(frontend::needs_files(nfs("10.9.0.5:/home").step));
}

TEST_CASE("NFS: locks of version 3 need what a node does not have") {
  const Mount locks = nfs("10.9.0.5:/home", {{"version", "3"}, {"lock", true}});
  CHECK_FALSE(locks.problems.errors());
  CHECK(locks.options().ends_with(",lock"));
  CHECK(locks.report().find("plan:4: warning: lock: needs rpcbind and rpc.statd") == 0);
  CHECK(nfs("10.9.0.5:/home", {{"version", "3"}, {"lock", false}}).options().ends_with(",nolock"));
  CHECK(nfs("10.9.0.5:/home", {{"lock", true}}).report() == "");
}

TEST_CASE("NFS: contradictions and nonsense are told with their line") {
  check_refused(Mount("nfs4"), 1, "nfs4 needs 'source'");
  for (const char* source : {"home", "nfs1", ":/home", "[fe80::1]:/home", "nfs1:home", "a b:/c", "nfs{node}:/x"})
    check_refused(nfs(source), 2, "must be like \"nfs1:/export\"");
  check_refused(nfs("10.9.0.300:/home"), 2, "is not an IPv4 address");
  check_refused(nfs("nfs1:/home", {{"version", "2"}}), 3, "must be \"3\", \"4.0\"");
  check_refused(nfs("nfs1:/home", {{"options", "vers=5"}}), 3, "NFS version \"5\"");
  check_refused(nfs("nfs1:/home", {{"options", "vers=3"}, {"version", "3"}}), 4, "say it once");
  check_refused(nfs("nfs1:/home", {{"options", "v4.1"}, {"version", "4.2"}}), 4, "say it once");
  check_refused(nfs("nfs1:/home", {{"options", "vers=4,minorversion=1"}}), 3, "version = \"4.1\"");
  check_refused(nfs("nfs1:/home", {{"version", "3"}}, "nfs4"), 3, "type nfs4 is not for version 3");
  check_refused(nfs("nfs1:/home", {{"lock", false}}), 3, "is for version 3");
  check_refused(nfs("nfs1:/home", {{"version", "3"}, {"lock", true}, {"options", "nolock"}}), 4, "say it once");
  check_refused(nfs("nfs1:/home", {{"size", "1m"}}), 3, "unknown key 'size'");
}

TEST_CASE("NFS: versions 4.1 and 4.2 know a node by its host name") {
  CHECK(frontend::is_known_by_host_name(nfs("nfs1:/home").step));
  CHECK(frontend::is_known_by_host_name(nfs("nfs1:/home", {{"options", "vers=4.1"}}).step));
  CHECK_FALSE(frontend::is_known_by_host_name(nfs("nfs1:/home", {{"version", "4.0"}}).step));
  CHECK_FALSE(frontend::is_known_by_host_name(nfs("nfs1:/home", {{"version", "3"}}).step));
  CHECK_FALSE(frontend::is_known_by_host_name(Mount("tmpfs").step));
}

TEST_CASE("the front end's address is put where a mount has the word for it") {
  std::vector<PlanStep> plan = {nfs("FRONTEND:/home", {{"version", "3"}, {"options", "x=FRONTEND,y=FRONTENDS"}}).step,
                                Mount("9p", {{"source", "FRONTEND"}, {"options", "MY_FRONTEND"}}).step};
  frontend::set_front_end(plan, 0x0a090001);
  const auto& home = std::get<transport::MountStep>(plan[0].step.action);
  CHECK(home.source == "10.9.0.1:/home");
  CHECK(home.options ==
        "vers=3,proto=tcp,addr=10.9.0.1,mountproto=tcp,mountaddr=10.9.0.1,sec=sys,nolock,x=10.9.0.1,y=FRONTENDS");
  CHECK(server_of(plan[0]).empty());
  const auto& other = std::get<transport::MountStep>(plan[1].step.action);
  CHECK(other.source == "10.9.0.1");
  CHECK(other.options == "MY_FRONTEND");
}

// The worker and its parent, with a table of hosts of their own and no name server in reach.
TEST_CASE("the address of a server is found when the plan is made ready") {
  fakes::check_in_namespace(CLONE_NEWNS | CLONE_NEWNET, []() -> std::string {
    const fakes::TemporaryDirectory directory;
    std::ofstream(directory / "hosts") << "10.9.0.5 nfs1\n";
    std::ofstream(directory / "resolv.conf") << "";
    EXPECT(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    for (const char* name : {"hosts", "resolv.conf"})
      EXPECT(::mount((directory / name).c_str(), (std::string("/etc/") + name).c_str(), nullptr, MS_BIND, nullptr) ==
             0);
    std::vector<PlanStep> plan = {Mount("tmpfs").step, nfs("nfs1:/home", {{"version", "3"}}).step};
    transport::Bytes findings;
    frontend::gather_files(plan, findings);
    const auto sources = frontend::fill_in_files(findings, plan);
    EXPECT(sources && sources->empty());
    EXPECT(std::get<transport::MountStep>(plan[1].step.action).options ==
           "vers=3,proto=tcp,addr=10.9.0.5,mountproto=tcp,mountaddr=10.9.0.5,sec=sys,nolock");

    plan[1].need = frontend::ServerNeed{"nfs2"};
    findings.clear();
    frontend::gather_files(plan, findings);
    const auto none = frontend::fill_in_files(findings, plan);
    EXPECT(none);
    EXPECT(plan[1].problem.find("find the address of host nfs2: ") == 0);
    return "";
  });
}

TEST_CASE("tmpfs: its keys become the kernel's options") {
  const Keys keys = {{"size", "64m"}, {"mode", "1777"}, {"numa", "bind:0-1,3"}, {"options", "nosuid"}};
  CHECK(Mount("tmpfs", keys).options() == "size=64m,mode=1777,mpol=bind:0-1,3,nosuid");
  CHECK(Mount("tmpfs").options() == "");
  CHECK(Mount("tmpfs").action().source == "tmpfs");
  for (const char* size : {"65536", "1G", "50%", "100%"})
    CHECK(Mount("tmpfs", {{"size", size}}).options() == sys::cat("size=", size));
  for (const char* policy : {"local", "interleave", "interleave:0-1", "prefer:0"})
    CHECK(Mount("tmpfs", {{"numa", policy}}).options() == sys::cat("mpol=", policy));
  for (const char* size : {"", "m", "0", "1mb", "-1", "1 m", "500%", "0%", "%", "5m%"})
    check_refused(Mount("tmpfs", {{"size", size}}), 2, "must be like \"64m\"");
  for (const char* policy :
       {"", "bind", "bind:", "bind:1-0", "prefer:0-1", "local:0", "default", "bind:x", "bind:9999"})
    check_refused(Mount("tmpfs", {{"numa", policy}}), 2, "must be like \"local\"");
  check_refused(Mount("tmpfs", {{"options", "size=1m"}, {"size", "2m"}}), 3, "say it as well (size=1m)");
  check_refused(Mount("tmpfs", {{"mode", "9"}}), 2, "no octal mode");
}

TEST_CASE("overlay: its directories become the kernel's options") {
  using Layers = std::vector<std::string>;
  const Keys keys = {{"lower", Layers{"/a", "/b"}}, {"upper", "/up"}, {"work", "/wk"}};
  CHECK(Mount("overlay", keys).options() == "lowerdir=/a:/b,upperdir=/up,workdir=/wk");
  CHECK(Mount("overlay", {{"lower", Layers{"/a"}}}).options() == "lowerdir=/a");
  CHECK(Mount("overlay", {{"options", "lowerdir=/a"}}).options() == "lowerdir=/a");
  check_refused(Mount("overlay"), 1, "overlay needs 'lower'");
  check_refused(Mount("overlay", {{"lower", Layers{}}}), 2, "1 to 500 directories");
  check_refused(Mount("overlay", {{"lower", Layers{"/a:b"}}}), 2, "divide options");
  check_refused(Mount("overlay", {{"lower", Layers{"a"}}}), 2, "must be an absolute path");
  check_refused(Mount("overlay", {{"lower", Layers{"/a"}}, {"upper", "/up"}}), 3, "need each other");
  check_refused(Mount("overlay", {{"lower", Layers{"/a"}}, {"work", "/wk"}}), 3, "need each other");
}

TEST_CASE("other file systems are taken by name, with their options as they are") {
  for (const char* type : {"proc", "sysfs", "cgroup2", "devpts", "ext4"}) {
    const Mount mount(type, {{"options", "nosuid,x=1"}});
    CHECK(mount.options() == "nosuid,x=1");
    CHECK(mount.action().source == type);
    CHECK(mount.step.step.retries == 0);
  }
  CHECK(Mount("bind", {{"source", "/a"}, {"options", "ro"}}).options() == "ro");
  check_refused(Mount("bind", {{"source", "a"}}), 2, "must be an absolute path");
  check_refused(Mount("rbind"), 1, "needs 'source'");
}

TEST_CASE("options that become too long for the kernel are refused") {
  CHECK_FALSE(Mount("ext4", {{"options", std::string(4095, 'x')}}).problems.errors());
  const std::string name_of_63_bytes = "{name}";
  check_refused(Mount("ext4", {{"options", std::string(4060, 'x') + name_of_63_bytes}}), 2, "longer than 4095 bytes");
}

}  // namespace
