// In a network namespace of the test's own.
#include "sys/links.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "sys/epoll_loop.h"
#include "sys/stream.h"
#include "tests/unit/in_namespace.h"

namespace {

std::optional<sys::Link> find(sys::Links& links, const std::string& name) {
  const auto list = links.list();
  if (!list) return std::nullopt;
  const auto found = std::find_if(list->begin(), list->end(), [&](const sys::Link& link) { return link.name == name; });
  if (found == list->end()) return std::nullopt;
  return *found;
}

// What a command of the system says: the kernel's own account of what was set.
std::string run(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string output;
  char piece[512];
  for (std::size_t size; (size = ::fread(piece, 1, sizeof piece, pipe)) > 0;)
    output.append(piece, size);
  return ::pclose(pipe) == 0 ? output : "failed: " + output;
}

}  // namespace

TEST_CASE("mac: text to bytes and back") {
  const sys::Mac mac = {0x52, 0x54, 0x00, 0xab, 0xcd, 0x0f};
  CHECK(sys::format_mac(mac) == "52:54:00:ab:cd:0f");
  CHECK(sys::parse_mac("52:54:00:AB:cd:0f").value() == mac);
  for (const char* bad : {"", "52:54:00:ab:cd", "52:54:00:ab:cd:0f:00", "52:54:00:ab:cd:f", "52:54:00:ab:cd:0g",
                          "52-54-00-ab-cd-0f", "52:54:00:ab:cd:0f ", "525400abcd0f", "52:54:00:ab:cd:+f"}) {
    CAPTURE(bad);
    CHECK_FALSE(sys::parse_mac(bad));
  }
}

TEST_CASE("links: loopback is found and comes up with its address") {
  fakes::check_in_namespace(CLONE_NEWNET, []() -> std::string {
    auto links = sys::make_links();
    EXPECT(links);
    auto before = find(**links, "lo");
    EXPECT(before);
    EXPECT(before->loopback && !before->ethernet && !before->up);
    EXPECT((*links)->set_up(before->index));
    EXPECT((*links)->add_address(before->index, 0x7f000001, 8));
    EXPECT((*links)->add_address(before->index, 0x7f000001, 8));  // again: replaced
    auto after = find(**links, "lo");
    EXPECT(after->up && after->carrier);
    sys::KernelSockets sockets;
    EXPECT(sockets.listen_tcp({0x7f000001, 0}, 5000));
    return "";
  });
}

TEST_CASE("links: address, broadcast, route and neighbour are what the kernel shows") {
  fakes::check_in_namespace(CLONE_NEWNET, []() -> std::string {
    EXPECT(run("ip link add eth0 address 52:54:00:09:00:03 type veth peer name far && ip link set far up") == "");
    auto links = sys::make_links();
    EXPECT(links);
    auto link = find(**links, "eth0");
    EXPECT(link);
    EXPECT(link->ethernet && !link->loopback && !link->up && !link->carrier);
    EXPECT(sys::format_mac(link->mac) == "52:54:00:09:00:03");
    EXPECT((*links)->set_up(link->index));
    link = find(**links, "eth0");
    EXPECT(link->up && link->carrier);

    EXPECT((*links)->add_address(link->index, 0x0a090103, 16));
    EXPECT(run("ip -4 -o addr show dev eth0").find("inet 10.9.1.3/16 brd 10.9.255.255 scope global") !=
           std::string::npos);
    EXPECT((*links)->add_default_route(link->index, 0x0a090001));
    EXPECT(run("ip route show default").find("default via 10.9.0.1 dev eth0") == 0);
    EXPECT((*links)->add_default_route(link->index, 0xc0a80001));  // not in the network: on the link
    EXPECT(run("ip route show default").find("default via 192.168.0.1 dev eth0") == 0);
    EXPECT(run("ip route show default | wc -l") == "1\n");
    EXPECT((*links)->add_neighbour(link->index, 0x0a090001, {0x52, 0x54, 0, 9, 0, 1}));
    EXPECT(run("ip neigh show 10.9.0.1") == "10.9.0.1 dev eth0 lladdr 52:54:00:09:00:01 REACHABLE \n");
    EXPECT((*links)->add_neighbour(link->index, 0x0a090001, {0x52, 0x54, 0, 9, 0, 2}));
    EXPECT(run("ip neigh show 10.9.0.1").find("52:54:00:09:00:02") != std::string::npos);
    return "";
  });
}

TEST_CASE("links: more than one answer holds are all listed") {
  fakes::check_in_namespace(CLONE_NEWNET, []() -> std::string {
    EXPECT(run("for i in $(seq 50); do echo link add near$i type veth peer name far$i; done | ip -batch -") == "");
    auto links = sys::make_links();
    EXPECT(links);
    auto list = (*links)->list();
    EXPECT(list);
    EXPECT(list->size() == 101);
    return "";
  });
}

TEST_CASE("links: what the kernel refuses is said with its errno, and the next request works") {
  fakes::check_in_namespace(CLONE_NEWNET, []() -> std::string {
    auto links = sys::make_links();
    EXPECT(links);
    const auto up = (*links)->set_up(4711);
    EXPECT(!up && up.error().code == ENODEV);
    EXPECT(up.error().what == "set up link 4711");
    const auto address = (*links)->add_address(1, 0x0a090103, 33);
    EXPECT(!address && address.error().code == EINVAL);
    EXPECT(!(*links)->add_default_route(1, 0xe0000001));
    EXPECT((*links)->list());
    return "";
  });
}

TEST_CASE("links: changes reach the loop, an overrun of them too") {
  fakes::check_in_namespace(CLONE_NEWNET, []() -> std::string {
    sys::KernelClock clock;
    auto loop = sys::make_epoll_loop(clock, [](std::string_view) {});
    EXPECT(loop);
    auto links = sys::make_links();
    EXPECT(links);
    int changes = 0;
    const auto turn = [&] {  // until the loop has nothing left to do at once
      sys::Timer limit(**loop);
      limit.set(std::chrono::milliseconds(20), [&] { (*loop)->stop(); });
      (*loop)->run();
    };
    EXPECT((*links)->on_change(**loop, [&] { ++changes; }));
    turn();
    EXPECT(changes == 0);
    EXPECT((*links)->set_up(1));
    turn();
    EXPECT(changes > 0);

    changes = 0;
    EXPECT(run("for i in $(seq 100); do echo link add near$i type veth peer name far$i; done | ip -batch -") == "");
    turn();
    EXPECT(changes > 0);

    changes = 0;
    EXPECT((*links)->on_change(**loop, nullptr));
    EXPECT(run("ip link add near type veth peer name far") == "");
    turn();
    EXPECT(changes == 0);
    return "";
  });
}
