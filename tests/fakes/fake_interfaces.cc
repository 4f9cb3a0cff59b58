#include "tests/fakes/fake_interfaces.h"

#include <cerrno>

#include "sys/stream.h"
#include "sys/text.h"

namespace fakes {

namespace {

constexpr std::uint32_t usual_mtu = 1500;

// "10.9.1.3/16 on 2", as FakeLinks keeps them.
std::string entry_of(const sys::InterfaceAddress& address, int index) {
  return sys::cat(sys::format_ip(address.ip), "/", address.prefix, " on ", index);
}

}  // namespace

sys::Result<sys::InterfaceState> FakeInterfaces::state(int index) {
  if (auto status = faults_.check(sys::cat("look at interface ", index)); !status)
    return tl::unexpected(status.error());
  sys::InterfaceState state{.mtu = mtus_.contains(index) ? mtus_[index] : usual_mtu, .routes = routes_[index]};
  const std::string place = sys::cat(" on ", index);
  for (const std::string& entry : links_.addresses) {
    if (!entry.ends_with(place)) continue;
    const auto slash = entry.find('/');
    const auto prefix =
        sys::parse_number(std::string_view(entry).substr(slash + 1, entry.find(' ') - slash - 1), 0, 32);
    state.addresses.push_back({*sys::parse_ip(entry.substr(0, slash)), static_cast<unsigned>(*prefix)});
  }
  return state;
}

sys::Status FakeInterfaces::set_mtu(int index, std::uint32_t mtu) {
  if (auto status = faults_.check(sys::cat("set mtu ", mtu, " of ", index)); !status) return status;
  mtus_[index] = mtu;
  return {};
}

sys::Status FakeInterfaces::remove_address(int index, const sys::InterfaceAddress& address) {
  const std::string entry = entry_of(address, index);
  if (auto status = faults_.check(sys::cat("remove address ", entry)); !status) return status;
  if (std::erase(links_.addresses, entry) == 0) return sys::failure(EADDRNOTAVAIL, sys::cat("remove address ", entry));
  return {};
}

// Replaces what leads to the same destination.
sys::Status FakeInterfaces::set_route(int index, const sys::InterfaceRoute& route) {
  const std::string what = sys::cat("route ", sys::format_ip(route.destination), "/", route.prefix, " via ",
                                    sys::format_ip(route.gateway), " on ", index);
  if (auto status = faults_.check(what); !status) return status;
  for (auto& [link, routes] : routes_)
    std::erase_if(routes, [&](const sys::InterfaceRoute& old) {
      return old.destination == route.destination && old.prefix == route.prefix;
    });
  routes_[index].push_back(route);
  return {};
}

}  // namespace fakes
