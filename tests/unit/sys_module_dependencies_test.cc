#include "sys/module_dependencies.h"

#include <doctest/doctest.h>

using sys::ModuleDependencies;

namespace {

constexpr char modules_dep[] =
    "kernel/net/virtio_net.ko: kernel/net/net_failover.ko kernel/net/failover.ko\n"
    "kernel/net/net_failover.ko: kernel/net/failover.ko\n"
    "kernel/net/failover.ko:\n"
    "kernel/net/snd-dummy.ko:\n"
    "/opt/driver/packed.ko.xz:\n";

}  // namespace

TEST_CASE("modules.dep: what is needed comes first, - and _ are the same") {
  const auto parsed = ModuleDependencies::parse(modules_dep);
  REQUIRE(parsed);
  CHECK(*parsed->load_order("virtio_net") ==
        std::vector<std::string>{"kernel/net/failover.ko", "kernel/net/net_failover.ko", "kernel/net/virtio_net.ko"});
  CHECK(parsed->load_order("snd_dummy")->size() == 1);
  CHECK(parsed->load_order("virtio-net")->size() == 3);
  CHECK(parsed->load_order("nosuch") == nullptr);
  CHECK(parsed->size() == 5);
  CHECK(ModuleDependencies::parse("")->load_order("x") == nullptr);
}

TEST_CASE("modules.dep: lines that depmod does not write are refused with their number") {
  for (const char* text : {"a.ko:\nb.ko\n", "a.ko:\n: c.ko\n", "a.ko:\n../../b.ko:\n", "a.ko:\nb.txt:\n",
                           "a.ko:\nb.koala:\n", "a.ko:\n./b.ko:\n", "a.ko:\nb//c.ko:\n"}) {
    const auto parsed = ModuleDependencies::parse(text);
    REQUIRE_MESSAGE(!parsed, text);
    CHECK(parsed.error().what.find("modules.dep:2:") == 0);
  }
  std::string wide = "a.ko:";
  for (int i = 0; i < 300; ++i)
    wide += " b.ko";
  CHECK_FALSE(ModuleDependencies::parse(wide));
}
