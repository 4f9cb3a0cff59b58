// Seeds of the fuzz targets that read packets, configurations and files. Each target's header comment says how it reads
// its input.
#include "frontend/common/loader_cache_writer.h"
#include "frontend/nodectl/tree_format.h"
#include "network/rarp.h"
#include "tests/unit/corpus.h"
#include "tests/unit/frontend_elf_image.h"

namespace {

using corpus::bytes;
using corpus::seed;

constexpr char cluster[] = R"(name = "lab"
[front_end]
interface = "br0"
address = "10.9.0.1"
port = 2223
[security]
keys = "keys"
cluster_key = true
[[nodes]]
range = "0-15"
mac = "52:54:00:09:00:00"
address = "10.9.1.0"
name = "n{node}"
[[nodes]]
node = 16
mac = "52:54:00:aa:bb:cc"
address = "10.9.2.1"
[node_up]
plan = "node_up.toml"
hooks = "node_up.d"
[heartbeat]
interval = "5s"
silence_limit = "20s"
)";

constexpr char plan[] = R"([[step]]
kind = "mount"
name = "tmp"
type = "tmpfs"
target = "/tmp"
options = "size=64m"
timeout = "30s"
retries = 1
on_failure = "continue"
nodes = "0-3,7"
[[step]]
kind = "directory"
path = "/home"
mode = "0755"
owner = "0:0"
[[step]]
kind = "device"
path = "/dev/x"
type = "char"
major = 1
minor = 3
[[step]]
kind = "link"
path = "/a"
target = "/b"
[[step]]
kind = "hostname"
hostname = "{name}"
[[step]]
kind = "run"
command = ["/bin/true", "a"]
where = "front-end"
)";

constexpr char mounts[] = R"([[step]]
kind = "hostname"
[[step]]
kind = "mount"
type = "nfs"
source = "FRONTEND:/scratch/{node}"
target = "/scratch"
version = "3"
lock = true
options = "port=2049,mountport=20048,ro"
[[step]]
kind = "mount"
type = "nfs4"
source = "nfs1:/home"
target = "/home"
options = "v4.1,proto=rdma,addr=10.9.0.5,clientaddr={address}"
[[step]]
kind = "mount"
type = "tmpfs"
target = "/tmp"
size = "50%"
numa = "bind:0-1,3"
mode = "1777"
[[step]]
kind = "mount"
type = "overlay"
target = "/usr"
lower = ["/a", "/b"]
upper = "/c"
work = "/d"
[[step]]
kind = "mount"
type = "rbind"
source = "/a"
target = "/b"
)";

constexpr char settings[] = R"([network]
method = "static"
interfaces = ["eth0", "eth1"]
address = "10.9.1.3/16"
gateway = "10.9.0.1"
[front_end]
address = "10.9.0.1"
port = 2223
[hardware]
modules = ["virtio_net"]
[boot]
reboot_after = "10m"
[log]
console = "info"
kernel = true
)";

std::string packet(network::RarpOperation operation, sys::Mac target, std::uint32_t address) {
  const auto bytes = network::encode({.operation = operation,
                                      .sender_mac = {0x52, 0x54, 0, 9, 0xfe, 1},
                                      .sender_ip = 0x0a090001,
                                      .target_mac = target,
                                      .target_ip = address});
  return static_cast<char>(bytes.size()) + std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

TEST_CASE("the seeds of the fuzzers have packets") {
  const std::string ask = packet(network::RarpOperation::request, {0x52, 0x54, 0, 9, 0, 2}, 0);
  const std::string stranger = packet(network::RarpOperation::request, {0x52, 0x54, 0, 9, 9, 9}, 0);
  const std::string answer = packet(network::RarpOperation::reply, {0x52, 0x54, 0, 0, 0, 1}, 0x0a090103);
  seed("rarp_fuzz", "ask", bytes({0}) + ask + stranger + ask + answer);
  seed("rarp_fuzz", "answer", bytes({1}) + ask + answer + answer);
}

TEST_CASE("the seeds of the fuzzers have every kind of configuration") {
  seed("config_fuzz", "cluster", bytes({0}) + cluster);
  seed("config_fuzz", "plan", bytes({1}) + plan);
  seed("config_fuzz", "mounts", bytes({1}) + mounts);
  seed("config_fuzz", "settings", bytes({2}) + settings);
  seed("config_fuzz", "kernel", bytes({3}) + "quiet nodeinit.network.method=static nodeinit.front-end.port=\"1\" -- x");
  seed("config_fuzz", "arguments", bytes({4}) + "log.console=none" + bytes({0}) + "nodeinit.insecure=true");
  seed("config_fuzz", "changes",
       bytes({5}) + "[[nodes]]\nrange = \"0-3\"\nowner = 1000\ngroup = 7\nmode = \"0100\"\n" +
           "[[nodes]]\nrange = \"9-9\"\navailable = false\n");
}

TEST_CASE("the seeds of the fuzzers have trees") {
  namespace tree = frontend::tree;
  transport::Bytes stream;
  tree::begin(2, stream);
  tree::directory({"d", 0755, 1}, stream);
  tree::file({"f", 04755, -5}, stream);
  tree::piece(std::as_bytes(std::span("content")), stream);
  tree::file_end(true, stream);
  tree::link({"l", 0777, 0}, "/outside", stream);
  tree::directory({"l", 0755, 1}, stream);
  tree::file({"inside", 0644, 3}, stream);
  tree::file_end(true, stream);
  tree::up(stream);
  tree::up(stream);
  tree::directory({"p", 0755, 1}, stream);
  tree::file({"secret", 0600, 7}, stream);
  tree::file_end(false, stream);
  tree::up(stream);
  tree::end(stream);
  const std::string text(reinterpret_cast<const char*>(stream.data()), stream.size());
  seed("tree_fuzz", "into", bytes({0}) + text);
  seed("tree_fuzz", "cut", bytes({3, 1, 20, 2}) + text);
  seed("tree_fuzz", "new", bytes({24}) + text);
}

TEST_CASE("the seeds of the fuzzers have every kind of file") {
  const std::string digits(64, 'a');
  seed("file_fuzz", "front-end.key", bytes({0}) + "nodeinit-front-end-secret-key " + digits + "\n");
  seed("file_fuzz", "front-end.pub", bytes({0}) + "nodeinit-front-end-public-key " + digits + "\n");
  seed("file_fuzz", "cluster.key", bytes({0}) + "nodeinit-cluster-key " + digits + "\n");
  const fakes::ElfImage image = {.interpreter = "/lib/ld.so", .needed = {"libc.so.6", "libm.so.6"}, .rpath = "/a:/b"};
  seed("file_fuzz", "elf64", bytes({1}) + fakes::elf64(image));
  seed("file_fuzz", "elf32", bytes({1}) + fakes::elf32(image));
  seed("file_fuzz", "modules.dep", bytes({2}) + "a/x-y.ko: b/z.ko c/w.ko.xz\nb/z.ko:\nc/w.ko.xz: b/z.ko\n");
  seed("file_fuzz", "modules",
       bytes({3}) + "a/x-y.ko: b/z.ko\nb/z.ko:\nw.ko.xz:\n" + '\0' + "a/b.ko\n" + '\0' +
           "softdep z pre: w c post: b\n" + '\0' + "alias c x_y\n");
  // "nodeinit\n", by xz and by zstd.
  seed("file_fuzz", "text.xz",
       bytes({4}) +
           bytes({0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36, 0x02, 0x00, 0x21, 0x01,
                  0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x08, 0x6e, 0x6f, 0x64, 0x65, 0x69,
                  0x6e, 0x69, 0x74, 0x0a, 0x00, 0x00, 0x00, 0x00, 0xdf, 0x3a, 0xf8, 0xff, 0x00, 0x01, 0x1d, 0x09,
                  0x93, 0x61, 0x36, 0xa6, 0x90, 0x42, 0x99, 0x0d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5a}));
  seed("file_fuzz", "text.zst", bytes({5}) + bytes({0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x49, 0x00, 0x00, 0x6e, 0x6f,
                                                    0x64, 0x65, 0x69, 0x6e, 0x69, 0x74, 0x0a, 0x7a, 0x30, 0xf1, 0xea}));
  seed("file_fuzz", "ld.so.cache",
       bytes({6}) + frontend::format_loader_cache({{"libb.so.2", "/b/libb.so.2", 0x303},
                                                   {"liba.so.1", "/a/liba.so.1", 0x303},
                                                   {"liba.so.1", "/c/liba.so.1", 0x303}}));
}
