#include "frontend/nodemaster/admission.h"

namespace frontend {

bool Admission::shut_out(std::uint32_t ip) const {
  const auto found = refusals_.find(ip);
  return found != refusals_.end() && found->second.count >= limits_.refusals &&
         clock_.now() - found->second.since < limits_.refusal_memory;
}

Admission::Answer Admission::ask(std::uint32_t ip, Ticket& ticket) {
  if (shut_out(ip)) return Answer::shut_out;
  const auto found = per_address_.find(ip);
  if (found != per_address_.end() && found->second >= limits_.per_address) return Answer::too_many;
  const bool stranger = !is_node_(ip);
  ticket = next_++;
  visits_.emplace(ticket, Visit{ip, stranger});
  ++per_address_[ip];
  if (stranger) ++strangers_;
  return Answer::admitted;
}

Admission::Ticket Admission::crowded_out() const {
  if (strangers_ <= limits_.strangers) return 0;
  for (const auto& [ticket, visit] : visits_) {
    if (visit.stranger) return ticket;
  }
  return 0;
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
  const sys::Instant now = clock_.now();
  if (!refusals_.contains(ip) && refusals_.size() == limits_.addresses) {
    std::erase_if(refusals_, [&](const auto& entry) { return now - entry.second.since >= limits_.refusal_memory; });
    if (refusals_.size() == limits_.addresses) return;  // more attackers than that are not told apart
  }
  Refusals& refusals = refusals_[ip];
  if (now - refusals.since >= limits_.refusal_memory) refusals = {.since = now, .count = 0};
  ++refusals.count;
}

}  // namespace frontend
