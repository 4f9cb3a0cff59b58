// Network links in memory. As the kernel's, they get a carrier when they are brought up with the cable in.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sys/links.h"
#include "tests/fakes/fake_loop.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeLinks final : public sys::Links {
 public:
  explicit FakeLinks(Faults& faults) : faults_(faults) {}

  sys::Result<std::vector<sys::Link>> list() override;
  sys::Status set_up(int index) override;
  sys::Status add_address(int index, std::uint32_t ip, unsigned prefix) override;
  sys::Status add_default_route(int index, std::uint32_t gateway) override;
  sys::Status add_neighbour(int index, std::uint32_t ip, const sys::Mac& mac) override;
  sys::Status on_change(sys::Loop& loop, std::function<void()> handler) override;

  // A loopback link as every machine has one (down). Returns its index.
  int add_loopback();
  // An Ethernet link, down, with the cable in; its hardware address is 52:54:00:00:00:INDEX.
  int add_ethernet(const std::string& name);
  void remove(int index);
  void unplug(int index);
  void plug(int index);
  // Setting this link up fails with `code` until further notice; 0: no longer.
  void refuse_up(int index, int code);

  const sys::Link& link(int index) const;
  bool watched() const { return handler_ != nullptr; }

  // "10.9.1.3/16 on 2", "10.9.0.1 on 2", "10.9.0.1 at 52:54:00:00:00:01 on 2"
  std::vector<std::string> addresses;
  std::vector<std::string> routes;
  std::vector<std::string> neighbours;

 private:
  sys::Link& at(int index);
  void notify();

  Faults& faults_;
  std::vector<sys::Link> links_;
  std::set<int> unplugged_;
  std::map<int, int> refusing_;  // index -> errno
  int next_index_ = 1;
  sys::Loop* loop_ = nullptr;
  std::function<void()> handler_;
};

}  // namespace fakes
