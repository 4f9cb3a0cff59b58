#include "nodeinit/boot_record.h"

#include <algorithm>
#include <utility>

#include "sys/text.h"

namespace node {

using transport::Outcome;

std::uint64_t BootRecord::uptime_us() const {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - birth_);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
}

void BootRecord::enter_phase(std::string name) {
  if (phase_ != none) end_phase(Outcome::done, {});
  if (!closed_) phase_ = add(std::move(name));
}

void BootRecord::end_phase(Outcome outcome, std::string reason) {
  end(std::exchange(phase_, none), outcome, std::move(reason));
}

BootRecord::Entry BootRecord::begin(std::string name) {
  if (closed_) return none;
  if (entries_.size() < detail_capacity) return add(std::move(name));
  leave_out();
  return none;
}

void BootRecord::end(Entry entry, Outcome outcome, std::string reason) {
  if (entry >= entries_.size()) return;  // it was left out
  transport::BootEntry& ended = entries_[entry];
  ended.end_us = std::max<std::uint64_t>(uptime_us(), 1);
  ended.outcome = outcome;
  ended.reason = sys::printable(reason, text_limit);
  touch(entry);
}

void BootRecord::remark(Entry entry, std::string_view reason) {
  if (entry >= entries_.size()) return;  // it was left out
  entries_[entry].reason = sys::printable(reason, text_limit);
  touch(entry);
}

void BootRecord::note(std::string name, Outcome outcome, std::string reason) {
  end(begin(std::move(name)), outcome, std::move(reason));
}

BootRecord::Entry BootRecord::add(std::string name) {
  if (entries_.size() == capacity) entries_.pop_back();
  entries_.push_back({.name = sys::printable(name, text_limit), .start_us = uptime_us()});
  touch(entries_.size() - 1);
  return entries_.size() - 1;
}

void BootRecord::leave_out() {
  if (overflow_ == none) overflow_ = add({});
  entries_[overflow_].name = sys::cat(++left_out_, " more");
  end(overflow_, Outcome::ignored, "the boot record is full");
}

void BootRecord::touch(Entry entry) {
  if (first_changed_ == end_changed_) {
    first_changed_ = entry;
    end_changed_ = entry + 1;
  } else {
    first_changed_ = std::min(first_changed_, entry);
    end_changed_ = std::max(end_changed_, entry + 1);
  }
  if (changed_) changed_();
}

std::optional<transport::BootRecord> BootRecord::changes() {
  if (first_changed_ == end_changed_) return std::nullopt;
  transport::BootRecord message{.first = static_cast<std::uint32_t>(first_changed_)};
  message.entries.assign(entries_.begin() + static_cast<std::ptrdiff_t>(first_changed_),
                         entries_.begin() + static_cast<std::ptrdiff_t>(end_changed_));
  first_changed_ = end_changed_ = 0;
  return message;
}

void BootRecord::forget_sent() {
  first_changed_ = 0;
  end_changed_ = entries_.size();
}

}  // namespace node
