#include "setup/verdict.h"

#include <cstdint>
#include <span>

#include "sys/text.h"

namespace setup {
namespace {

enum class Verdict : unsigned char { changed = 1, unchanged = 2, failed = 3 };
constexpr std::size_t head_size = 5, text_limit = 1024;  // bytes

sys::Result<StepOutcome> parse(std::span<const std::byte> bytes) {
  if (bytes.size() < head_size) return sys::refusal("worker ended without a word about the step");
  std::uint32_t code = 0;
  for (unsigned i = 0; i < 4; i++)
    code |= std::to_integer<std::uint32_t>(bytes[1 + i]) << (8 * i);
  const auto text = bytes.subspan(head_size);
  switch (static_cast<Verdict>(bytes[0])) {
    case Verdict::changed:
      return StepOutcome{.changed = true};
    case Verdict::unchanged:
      return StepOutcome{.changed = false};
    case Verdict::failed:
      return sys::failure(static_cast<int>(code & 0xffff),
                          sys::printable({reinterpret_cast<const char*>(text.data()), text.size()}, text_limit));
  }
  return sys::refusal("worker said something that is not understood");
}

}  // namespace

int write_verdict(const sys::Result<StepOutcome>& outcome, sys::WorkerOutput& output) {
  const auto verdict = !outcome ? Verdict::failed : outcome->changed ? Verdict::changed : Verdict::unchanged;
  const auto code = outcome ? 0u : static_cast<std::uint32_t>(outcome.error().code);
  std::string bytes(1, static_cast<char>(verdict));
  for (unsigned i = 0; i < 4; i++)
    bytes += static_cast<char>(code >> (8 * i) & 0xff);
  if (!outcome) bytes += outcome.error().what.substr(0, text_limit);
  return output.write(bytes.data(), bytes.size()) ? 0 : 1;
}

sys::Result<StepOutcome> read_verdict(const sys::WorkerResult& result, sys::Duration deadline,
                                      std::string_view waited_for) {
  const std::string whom = waited_for.empty() ? "" : sys::cat(", while it waited for ", waited_for);
  switch (result.end) {
    case sys::WorkerEnd::timed_out:
      return sys::refusal(sys::cat(killed_at(deadline), whom));
    case sys::WorkerEnd::hung:
      return sys::refusal(sys::cat("does not die: stuck in the kernel since it was ", killed_at(deadline), whom));
    case sys::WorkerEnd::exited:
      break;
  }
  if (result.exit.status != 0) return sys::refusal(sys::cat("worker died: ", sys::describe_status(result.exit.status)));
  if (result.output_overflow) return sys::refusal("worker said more than it may");
  return parse(result.output);
}

std::string in_words(sys::Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? sys::cat(ms / 1000, " s") : sys::cat(ms, " ms");
}

std::string killed_at(sys::Duration deadline) { return sys::cat("killed at its deadline of ", in_words(deadline)); }

}  // namespace setup
