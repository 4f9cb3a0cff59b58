#include "frontend/nodemaster/held_news.h"

namespace frontend {

bool HeldNews::keep(const transport::Message& message) {
  if (const auto* output = std::get_if<transport::RunOutput>(&message)) {
    keep_output(*output);
  } else if (const auto* state = std::get_if<transport::RunState>(&message)) {
    ranks_[state->rank].state = *state;
  } else if (const auto* processes = std::get_if<transport::RunProcesses>(&message)) {
    ranks_[processes->rank].processes = *processes;
  } else {
    return false;
  }
  return true;
}

// Pieces come in order, and each begins where the one before has ended.
void HeldNews::keep_output(const transport::RunOutput& output) {
  auto [place, is_first] = ranks_[output.rank].output.try_emplace(output.stream, output);
  transport::RunOutput& kept = place->second;
  if (is_first) return;
  const std::uint64_t end = kept.offset + kept.data.size();
  if (output.offset > end) return void(kept = output);  // never from a job; the command would say what is missing
  const std::uint64_t known = end - output.offset;
  if (known < output.data.size())
    kept.data.insert(kept.data.end(), output.data.begin() + static_cast<std::ptrdiff_t>(known), output.data.end());
}

void HeldNews::release(std::uint32_t rank, const Send& send) {
  auto news = ranks_.extract(rank);
  if (!news.empty()) say(news.mapped(), send);
}

bool HeldNews::release_one(const Send& send) {
  if (ranks_.empty()) return false;
  release(ranks_.begin()->first, send);
  return true;
}

void HeldNews::say(OfRank& news, const Send& send) {
  for (auto& [stream, output] : news.output)
    send(std::move(output));
  if (news.processes) send(*news.processes);
  if (news.state) send(*news.state);
}

}  // namespace frontend
