#include "frontend/nodemaster/input_fan.h"

#include <algorithm>
#include <limits>
#include <span>

#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::uint64_t window = transport::input_window;

}  // namespace

void InputFan::begin(const std::vector<transport::NodeNumber>& nodes, std::uint32_t readers) {
  readers_.resize(nodes.size());
  for (std::uint32_t rank = 0; rank < nodes.size(); ++rank) {
    readers_[rank].node = nodes[rank];
    readers_[rank].counts = readers == transport::all_ranks || readers == rank;
    counting_ += readers_[rank].counts;
  }
  slowest_ = counting_;
}

// A nodemaster that has taken over a job finds the command somewhere in its input.
sys::Status InputFan::on_input(const transport::RunInput& input) {
  if (counting_ == 0 || end_) return {};
  if (!std::exchange(begun_, true)) {
    kept_.restart(input.offset);
    told_ = std::max(told_, input.offset);
  }
  const std::uint64_t size = input.data.size();
  if (size > window || input.offset > told_ + window - size)
    return sys::refusal("the command sends more input than has been taken");
  if (input.offset > kept_.end()) return sys::refusal(sys::cat("input from byte ", kept_.end(), " on is missing"));
  const std::uint64_t known = kept_.end() - input.offset;
  if (known > size) return {};
  const std::uint64_t fresh = kept_.end();
  kept_.add(std::span(input.data).subspan(static_cast<std::size_t>(known)));
  end_ = input.end;
  for (std::uint32_t rank = 0; rank < readers_.size(); ++rank)
    if (readers_[rank].counts && readers_[rank].ready) send(rank, fresh);
  return {};
}

void InputFan::on_credit(const transport::InputCredit& credit) {
  if (!feeds(credit.rank)) return;
  Reader& reader = readers_[credit.rank];
  if (credit.end) return on_over(credit.rank);
  advance(reader, credit.taken);
  if (!credit.again) return;
  reader.ready = true;
  send(credit.rank, reader.taken);
}

void InputFan::on_over(std::uint32_t rank) {
  if (!feeds(rank)) return;
  readers_[rank].counts = false;
  --counting_;
  leave(readers_[rank].taken);
  if (counting_ == 0 && !end_) tell_({.taken = told_, .end = true});
}

void InputFan::advance(Reader& reader, std::uint64_t taken) {
  if (taken <= reader.taken) return;
  leave(std::exchange(reader.taken, taken));
}

// One is not where it was any more. When it was the last of the slowest, others are the slowest now.
void InputFan::leave(std::uint64_t taken) {
  if (taken != slowest_taken_ || --slowest_ != 0 || counting_ == 0) return;
  slowest_taken_ = std::numeric_limits<std::uint64_t>::max();
  for (const Reader& reader : readers_) {
    if (!reader.counts || reader.taken > slowest_taken_) continue;
    slowest_ = reader.taken == slowest_taken_ ? slowest_ + 1 : 1;
    slowest_taken_ = reader.taken;
  }
  kept_.drop(slowest_taken_);
  if (slowest_taken_ < told_ + window / 4) return;
  told_ = slowest_taken_;
  tell_({.taken = told_});
}

void InputFan::send(std::uint32_t rank, std::uint64_t from) {
  const auto data = kept_.from(from);
  if (data.empty() && !end_) return;
  links_.send_bulk(readers_[rank].node, transport::StreamInput{job_, rank, from, end_, {data.begin(), data.end()}});
}

}  // namespace frontend
