// What interfaces are set to, in memory. They are those of FakeLinks, which has their addresses.
#pragma once

#include <map>

#include "sys/interfaces.h"
#include "tests/fakes/fake_links.h"
#include "tests/fakes/faults.h"

namespace fakes {

class FakeInterfaces final : public sys::Interfaces {
 public:
  FakeInterfaces(FakeLinks& links, Faults& faults) : links_(links), faults_(faults) {}

  sys::Result<std::vector<sys::Link>> list() override { return links_.list(); }
  sys::Status set_up(int index) override { return links_.set_up(index); }
  sys::Result<sys::InterfaceState> state(int index) override;
  sys::Status set_mtu(int index, std::uint32_t mtu) override;
  sys::Status add_address(int index, const sys::InterfaceAddress& address) override {
    return links_.add_address(index, address.ip, address.prefix);
  }
  sys::Status remove_address(int index, const sys::InterfaceAddress& address) override;
  sys::Status set_route(int index, const sys::InterfaceRoute& route) override;

 private:
  FakeLinks& links_;
  Faults& faults_;
  std::map<int, std::uint32_t> mtus_;
  std::map<int, std::vector<sys::InterfaceRoute>> routes_;
};

}  // namespace fakes
