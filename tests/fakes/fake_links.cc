#include "tests/fakes/fake_links.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sys/stream.h"
#include "sys/text.h"

namespace fakes {

namespace {

// What replaces an equal entry.
void record(std::vector<std::string>& entries, std::string entry) {
  if (std::find(entries.begin(), entries.end(), entry) == entries.end()) entries.push_back(std::move(entry));
}

}  // namespace

sys::Link& FakeLinks::at(int index) {
  return *std::find_if(links_.begin(), links_.end(), [&](const sys::Link& link) { return link.index == index; });
}

const sys::Link& FakeLinks::link(int index) const { return const_cast<FakeLinks*>(this)->at(index); }

int FakeLinks::add_loopback() {
  links_.push_back({.index = next_index_, .name = "lo", .loopback = true});
  notify();
  return next_index_++;
}

int FakeLinks::add_ethernet(const std::string& name) {
  sys::Link link{.index = next_index_, .name = name, .ethernet = true};
  link.mac = {0x52, 0x54, 0, 0, 0, static_cast<std::uint8_t>(next_index_)};
  links_.push_back(std::move(link));
  notify();
  return next_index_++;
}

void FakeLinks::remove(int index) {
  std::erase_if(links_, [&](const sys::Link& link) { return link.index == index; });
  notify();
}

void FakeLinks::unplug(int index) {
  unplugged_.insert(index);
  at(index).carrier = false;
  notify();
}

void FakeLinks::plug(int index) {
  unplugged_.erase(index);
  at(index).carrier = at(index).up;
  notify();
}

void FakeLinks::refuse_up(int index, int code) { refusing_[index] = code; }

sys::Result<std::vector<sys::Link>> FakeLinks::list() {
  if (auto status = faults_.check("list links"); !status) return tl::unexpected(status.error());
  return links_;
}

sys::Status FakeLinks::set_up(int index) {
  const std::string what = sys::cat("set up link ", index);
  if (auto status = faults_.check(what); !status) return status;
  if (refusing_[index] != 0) return sys::failure(refusing_[index], what);
  if (at(index).up) return {};
  at(index).up = true;
  at(index).carrier = unplugged_.count(index) == 0;
  notify();
  return {};
}

sys::Status FakeLinks::add_address(int index, std::uint32_t ip, unsigned prefix) {
  std::string entry = sys::cat(sys::format_ip(ip), "/", prefix, " on ", index);
  if (auto status = faults_.check(sys::cat("add address ", entry)); !status) return status;
  record(addresses, std::move(entry));
  return {};
}

sys::Status FakeLinks::add_default_route(int index, std::uint32_t gateway) {
  std::string entry = sys::cat(sys::format_ip(gateway), " on ", index);
  if (auto status = faults_.check(sys::cat("add default route ", entry)); !status) return status;
  record(routes, std::move(entry));
  return {};
}

sys::Status FakeLinks::add_neighbour(int index, std::uint32_t ip, const sys::Mac& mac) {
  std::string entry = sys::cat(sys::format_ip(ip), " at ", sys::format_mac(mac), " on ", index);
  if (auto status = faults_.check(sys::cat("add neighbour ", entry)); !status) return status;
  record(neighbours, std::move(entry));
  return {};
}

sys::Status FakeLinks::on_change(sys::Loop& loop, std::function<void()> handler) {
  if (handler) {
    if (auto status = faults_.check("watch links"); !status) return status;
  }
  loop_ = &loop;
  handler_ = std::move(handler);
  return {};
}

void FakeLinks::notify() {
  if (!handler_) return;
  loop_->defer([this] {
    const auto handler = handler_;  // a copy: it may end the watching
    if (handler) handler();
  });
}

}  // namespace fakes
