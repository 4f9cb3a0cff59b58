// A network beside the one that the node has booted from. What is as the step wants it is left alone; of what the node
// was booted with, the address is never touched.
#include <algorithm>
#include <cerrno>

#include "setup/step.h"
#include "sys/text.h"

namespace setup {
namespace {

using sys::InterfaceAddress;
using sys::InterfaceRoute;

std::string name_of(const transport::InterfaceStep& step) {
  return step.name.empty() ? sys::cat("with address ", sys::format_mac(step.mac)) : sys::printable(step.name);
}

bool is_wanted(const sys::Link& link, const transport::InterfaceStep& step) {
  return step.name.empty() ? !link.loopback && link.mac == step.mac : link.name == step.name;
}

std::string text_of(const InterfaceAddress& address) {
  return sys::cat(sys::format_ip(address.ip), "/", address.prefix);
}

std::string text_of(const InterfaceRoute& route) {
  const InterfaceAddress network{route.destination, route.prefix};
  return sys::cat("route ", route.prefix == 0 ? "default" : text_of(network), " via ", sys::format_ip(route.gateway));
}

template <class T> bool has(const std::vector<T>& list, const T& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// One link, on its way to what the step wants.
class Setting {
 public:
  Setting(const transport::InterfaceStep& step, StepSystem system, sys::Link link)
      : step_(step), system_(std::move(system)), link_(std::move(link)) {}

  sys::Result<StepOutcome> run() {
    for (const auto part : {&Setting::check, &Setting::mtu, &Setting::up, &Setting::address, &Setting::routes})
      if (auto status = (this->*part)(); !status) return sys::within(link_.name, status.error());
    return StepOutcome{!changes_.empty(), changes_};
  }

 private:
  bool booted_from() const { return system_.boot_link && system_.boot_link() == link_.index; }
  InterfaceAddress wanted() const { return {step_.address, step_.prefix}; }

  // Notes a change that has been tried.
  sys::Status note(const sys::Status& status, const std::string& what) {
    if (status) changes_ += sys::cat(changes_.empty() ? "" : ", ", what);
    return status;
  }

  sys::Status check() {
    auto state = system_.interfaces.state(link_.index);
    if (!state) return tl::unexpected(state.error());
    now_ = *std::move(state);
    if (!booted_from() || step_.address == 0 || has(now_.addresses, wanted())) return {};
    return sys::refusal(sys::cat("the node has booted from it, and it keeps its address, which is not ",
                                 text_of(wanted()), ": name another interface"));
  }

  sys::Status mtu() {
    if (step_.mtu == 0 || step_.mtu == now_.mtu) return {};
    return note(system_.interfaces.set_mtu(link_.index, step_.mtu), sys::cat("mtu ", step_.mtu));
  }

  sys::Status up() {
    if (link_.up) return {};
    return note(system_.interfaces.set_up(link_.index), "up");
  }

  // One that was there before and is not wanted goes: it may be an earlier plan's.
  sys::Status address() {
    if (step_.address == 0 || booted_from()) return {};
    for (const InterfaceAddress& other : now_.addresses) {
      if (other == wanted()) continue;
      const auto removed = system_.interfaces.remove_address(link_.index, other);
      // The kernel takes those of the same network along with their first one.
      if (!removed && removed.error().code == EADDRNOTAVAIL) continue;
      if (auto status = note(removed, sys::cat(text_of(other), " removed")); !status) return status;
    }
    const auto left = system_.interfaces.state(link_.index);
    if (!left) return tl::unexpected(left.error());
    now_ = *left;
    if (has(now_.addresses, wanted())) return {};
    return note(system_.interfaces.add_address(link_.index, wanted()), text_of(wanted()));
  }

  sys::Status routes() {
    for (const transport::Route& entry : step_.routes) {
      const InterfaceRoute route{entry.destination, entry.prefix, entry.gateway};
      if (has(now_.routes, route)) continue;
      if (auto status = note(system_.interfaces.set_route(link_.index, route), text_of(route)); !status) return status;
    }
    return {};
  }

  const transport::InterfaceStep& step_;
  StepSystem system_;
  const sys::Link link_;
  sys::InterfaceState now_;
  std::string changes_;
};

}  // namespace

sys::Result<StepOutcome> perform(const transport::InterfaceStep& step, StepSystem system) {
  const auto links = system.interfaces.list();
  if (!links) return tl::unexpected(links.error());
  const auto found =
      std::find_if(links->begin(), links->end(), [&](const sys::Link& link) { return is_wanted(link, step); });
  if (found == links->end())
    return sys::failure(ENODEV, sys::cat("there is no link ", name_of(step),
                                         ": has its kernel module been loaded, and is the card there?"));
  return Setting(step, system, *found).run();
}

}  // namespace setup
