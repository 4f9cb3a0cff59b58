#include "process/services.h"

#include <algorithm>
#include <utility>

#include "sys/text.h"

namespace process {
namespace {

// The programs of `run` steps count from 1; both belong to no job, and have temporary names of their own by this number.
constexpr std::uint32_t first_tag = 1u << 31;

}  // namespace

Services::Services(ServiceTools tools, Report report)
    : tools_(std::move(tools)), report_(std::move(report)), turn_(tools_.process.loop) {}

std::function<void()> Services::keep(const transport::ServiceStep& step, const std::string& name, ServiceKept done) {
  auto found = services_.find(name);
  if (found == services_.end() && services_.size() == max_services) {
    const auto waited_for = std::make_shared<bool>(true);
    tools_.process.loop.defer([done = std::move(done), waited_for] {
      if (*waited_for) done(sys::refusal(sys::cat("this node keeps ", max_services, " services already, its limit")));
    });
    return [waited_for] { *waited_for = false; };
  }
  if (found == services_.end()) {
    auto made = std::make_unique<Service>(tools_, name, first_tag | made_++, [this, name] { on_changed(name); });
    found = services_.emplace(name, std::move(made)).first;
  }
  found->second->keep(step, std::move(done));
  return [this, weak = std::weak_ptr(alive_), name] {
    if (weak.expired()) return;
    if (const auto kept = services_.find(name); kept != services_.end()) kept->second->give_up();
  };
}

void Services::leave(const std::string& name) {
  const auto found = services_.find(name);
  if (found == services_.end() || found->second->over()) return;
  tools_.log.warning("service ", name,
                     ": what the plan wants instead is missing on the front end, it goes on as it was");
}

std::set<transport::ContentHash> Services::contents() const {
  std::set<transport::ContentHash> hashes;
  for (const auto& [name, service] : services_)
    for (const transport::FileEntry& file : service->files())
      hashes.insert(file.content.hash);
  return hashes;
}

void Services::keep_only(const std::set<std::string>& names) {
  for (const auto& [name, service] : services_)
    if (!names.contains(name)) service->stop("the plan has it no more");
}

void Services::report_all() {
  for (const auto& [name, service] : services_)
    on_changed(name);
}

void Services::end_for_good() {
  for (const auto& [name, service] : services_)
    service->end_for_good();
}

std::size_t Services::running() const {
  return static_cast<std::size_t>(
      std::count_if(services_.begin(), services_.end(), [](const auto& entry) { return entry.second->has_process(); }));
}

void Services::on_changed(const std::string& name) {
  changed_.insert(name);
  turn_.set(sys::Duration::zero(), [this] { tell_changes(); });
}

// Several changes of one turn are told as one. Those that are over are forgotten here, where nobody is in the middle of
// something with them.
void Services::tell_changes() {
  for (const std::string& name : std::exchange(changed_, {})) {
    const auto found = services_.find(name);
    if (found == services_.end()) continue;
    report_(found->second->status());
    if (found->second->over()) services_.erase(found);
  }
}

}  // namespace process
