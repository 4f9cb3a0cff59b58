#include "frontend/nodemaster/admission.h"

#include <algorithm>

namespace frontend {

bool Admission::fresh(const Refusals& refusals) const {
  return refusals.count > 0 && clock_.now() - refusals.since < limits_.refusal_memory;
}

bool Admission::shut_out(std::uint32_t ip) const {
  return std::any_of(refusals_.begin(), refusals_.end(), [&](const Refusals& refusals) {
    return refusals.ip == ip && refusals.count >= limits_.refusals && fresh(refusals);
  });
}

Admission::Pass Admission::ask(std::uint32_t ip) {
  const bool stranger = !is_node_(ip);
  if (stranger && shut_out(ip)) return {};
  const auto visit = visits_.emplace(next_, Visit{ip, stranger}).first;
  try {
    ++per_address_[ip];
  } catch (...) {
    visits_.erase(visit);
    throw;
  }
  if (stranger) ++strangers_;
  return {*this, next_++};
}

Admission::Ticket Admission::oldest(const std::function<bool(const Visit&)>& wanted) const {
  const auto found =
      std::find_if(visits_.begin(), visits_.end(), [&](const auto& entry) { return wanted(entry.second); });
  return found == visits_.end() ? 0 : found->first;
}

Admission::Crowded Admission::crowded_out(std::uint32_t ip) const {
  const auto count = per_address_.find(ip);
  if (count != per_address_.end() && count->second > limits_.per_address) {
    return {oldest([ip](const Visit& visit) { return visit.ip == ip; }), true};
  }
  if (strangers_ > limits_.strangers) return {oldest([](const Visit& visit) { return visit.stranger; }), false};
  return {};
}

void Admission::leave(Ticket ticket) {
  const auto found = visits_.find(ticket);
  if (found == visits_.end()) return;
  const Visit visit = found->second;
  visits_.erase(found);
  if (visit.stranger) --strangers_;
  const auto count = per_address_.find(visit.ip);
  if (--count->second == 0) per_address_.erase(count);
}

void Admission::note_refusal(std::uint32_t ip) {
  const auto known = [&](const Refusals& refusals) { return refusals.ip == ip && fresh(refusals); };
  auto place = std::find_if(refusals_.begin(), refusals_.end(), known);
  if (place == refusals_.end()) {
    place =
        std::find_if(refusals_.begin(), refusals_.end(), [&](const Refusals& refusals) { return !fresh(refusals); });
    if (place == refusals_.end()) return;  // more attackers than that are not told apart
    *place = {.ip = ip, .count = 0, .since = clock_.now()};
  }
  ++place->count;
}

}  // namespace frontend
