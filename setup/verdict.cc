#include "setup/verdict.h"

#include <cstdint>
#include <span>

#include "sys/text.h"

namespace setup {
namespace {

enum class Verdict : unsigned char { changed = 1, unchanged = 2, failed = 3, survey = 4 };
constexpr std::size_t head_size = 5, entry_size = 4, text_limit = 1024;  // bytes

struct Parsed {
  Verdict verdict;
  std::span<const std::byte> rest;
};

void append(std::string& bytes, std::uint32_t value) {
  for (unsigned i = 0; i < 4; i++)
    bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

std::uint32_t take(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; i++)
    value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

std::string head_of(Verdict verdict, std::uint32_t code = 0) {
  std::string bytes(1, static_cast<char>(verdict));
  append(bytes, code);
  return bytes;
}

int write(const std::string& bytes, sys::WorkerOutput& output) {
  return output.write(bytes.data(), bytes.size()) ? 0 : 1;
}

int write_failure(const sys::Error& error, sys::WorkerOutput& output) {
  const auto code = static_cast<std::uint32_t>(error.code);
  return write(head_of(Verdict::failed, code) + error.what.substr(0, text_limit), output);
}

sys::Status end_of(const sys::WorkerResult& result, sys::Duration deadline, std::string_view waited_for) {
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
  return {};
}

std::string text_of(std::span<const std::byte> bytes) {
  return sys::printable({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, text_limit);
}

sys::Result<Parsed> parse(const sys::WorkerResult& result, sys::Duration deadline, std::string_view waited_for = {}) {
  if (auto status = end_of(result, deadline, waited_for); !status) return tl::unexpected(status.error());
  const std::span<const std::byte> bytes = result.output;
  if (bytes.size() < head_size) return sys::refusal("worker ended without a word about the step");
  const auto verdict = static_cast<Verdict>(bytes[0]);
  const auto rest = bytes.subspan(head_size);
  if (verdict != Verdict::failed) return Parsed{verdict, rest};
  return sys::failure(static_cast<int>(take(bytes.subspan(1)) & 0xffff), text_of(rest));
}

const auto not_understood = [] { return sys::refusal("worker said something that is not understood"); };

}  // namespace

int write_verdict(const sys::Result<StepOutcome>& outcome, sys::WorkerOutput& output) {
  if (!outcome) return write_failure(outcome.error(), output);
  const Verdict verdict = outcome->changed ? Verdict::changed : Verdict::unchanged;
  return write(head_of(verdict) + outcome->remark.substr(0, text_limit), output);
}

int write_survey(const sys::Result<Entries>& found, sys::WorkerOutput& output) {
  if (!found) return write_failure(found.error(), output);
  std::string bytes = head_of(Verdict::survey);
  for (const std::uint32_t entry : *found)
    append(bytes, entry);
  return write(bytes, output);
}

sys::Result<StepOutcome> read_verdict(const sys::WorkerResult& result, sys::Duration deadline,
                                      std::string_view waited_for) {
  const auto parsed = parse(result, deadline, waited_for);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->verdict == Verdict::changed) return StepOutcome{.changed = true, .remark = text_of(parsed->rest)};
  if (parsed->verdict == Verdict::unchanged) return StepOutcome{.changed = false, .remark = text_of(parsed->rest)};
  return not_understood();
}

sys::Result<Entries> read_survey(const sys::WorkerResult& result, sys::Duration deadline, std::size_t count) {
  const auto parsed = parse(result, deadline);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->verdict != Verdict::survey || parsed->rest.size() % entry_size != 0) return not_understood();
  Entries entries;
  for (auto rest = parsed->rest; !rest.empty(); rest = rest.subspan(entry_size)) {
    const std::uint32_t entry = take(rest);
    if (entry >= count || (!entries.empty() && entry <= entries.back())) return not_understood();
    entries.push_back(entry);
  }
  return entries;
}

std::string in_words(sys::Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? sys::cat(ms / 1000, " s") : sys::cat(ms, " ms");
}

std::string killed_at(sys::Duration deadline) { return sys::cat("killed at its deadline of ", in_words(deadline)); }

}  // namespace setup
