#include "tests/fuzz/record_stream.h"

#include <cstring>
#include <utility>

#include "transport/secure_channel.h"

namespace fuzz {

using transport::Bytes;

namespace {

constexpr std::size_t most_units = 64;
constexpr std::size_t record_overhead = 18;  // bytes: size and tag

using Change = void (*)(Units& units, std::size_t at, Input& input);

void flip(Units& units, std::size_t at, Input& input) {
  if (units[at].empty()) return;
  const unsigned place = input.word();
  units[at][(place >> 3) % units[at].size()] ^= static_cast<std::byte>(1u << (place & 7));
}
void drop(Units& units, std::size_t at, Input&) { units.erase(units.begin() + static_cast<std::ptrdiff_t>(at)); }
void repeat(Units& units, std::size_t at, Input&) {
  if (units.size() < most_units) units.insert(units.begin() + static_cast<std::ptrdiff_t>(at), Bytes(units[at]));
}
void swap(Units& units, std::size_t at, Input& input) { std::swap(units[at], units[input.byte() % units.size()]); }
void cut(Units& units, std::size_t at, Input& input) {
  units[at].resize(units[at].size() - std::min<std::size_t>(units[at].size(), input.word()));
}
void insert(Units& units, std::size_t at, Input& input) {
  const auto bytes = input.take(input.byte() % 32);
  units[at].insert(units[at].begin(), bytes.begin(), bytes.end());
}
void end_here(Units& units, std::size_t at, Input&) { units.resize(at); }
void replace(Units& units, std::size_t at, Input& input) { units[at] = Bytes(units[input.byte() % units.size()]); }

constexpr Change changes[] = {flip, drop, repeat, swap, cut, insert, end_here, replace};

}  // namespace

void change(Units& units, Input& input, unsigned most) {
  const unsigned count = input.byte() % (most + 1);
  for (unsigned i = 0; i < count && !units.empty(); ++i) {
    const Change kind = changes[input.byte() % std::size(changes)];
    kind(units, input.byte() % units.size(), input);
  }
}

Bytes join(const Units& units) {
  Bytes all;
  for (const Bytes& unit : units)
    all.insert(all.end(), unit.begin(), unit.end());
  return all;
}

std::size_t first_difference(const Bytes& a, const Bytes& b) {
  const std::size_t common = std::min(a.size(), b.size());
  constexpr std::size_t stride = 256;  // memcmp() costs less than a comparison that the fuzzer watches
  std::size_t at = 0;
  while (common - at >= stride && std::memcmp(a.data() + at, b.data() + at, stride) == 0)
    at += stride;
  while (at < common && a[at] == b[at])
    ++at;
  return at;
}

RecordStream::RecordStream(const Seal& seal, Input& input) {
  // Short messages, but the first one may fill a record, or two.
  constexpr std::size_t long_ones[] = {16366, 16367};
  const unsigned messages = input.byte() % 8;
  for (unsigned i = 0; i < messages; ++i) {
    const std::size_t size = input.byte();
    add(seal, size < 254 || i > 0 ? size : long_ones[size - 254]);
  }
}

void RecordStream::add(const Seal& seal, std::size_t size) {
  const std::size_t begin = clear_.size();
  for (std::uint32_t word = static_cast<std::uint32_t>(begin); clear_.size() < begin + size; word += 0x9e37) {
    const auto bytes = std::as_bytes(std::span(&word, 1));
    clear_.insert(clear_.end(), bytes.begin(), bytes.begin() + std::min<std::size_t>(4, begin + size - clear_.size()));
  }
  Bytes wire;
  seal(std::span(clear_).subspan(begin), wire);
  for (std::span<const std::byte> left = wire; !left.empty(); left = left.subspan(records_.back().size())) {
    const std::size_t record = 2 + (std::to_integer<std::size_t>(left[0]) | std::to_integer<std::size_t>(left[1]) << 8);
    require(record > record_overhead && record <= std::min(left.size(), transport::max_record),
            "a record that is sent keeps to the limits");
    records_.emplace_back(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(record));
  }
}

void RecordStream::check(const Open& open, const std::function<std::size_t()>& incomplete, Input& input) {
  Units changed = records_;
  change(changed, input);
  const Bytes sent = join(records_);
  const Bytes came = join(changed);
  const std::size_t same = first_difference(sent, came);

  std::size_t whole = 0;  // bytes of the records that came as they were sent
  std::size_t expected = 0;
  for (const Bytes& record : records_) {
    if (whole + record.size() > same) break;
    whole += record.size();
    expected += record.size() - record_overhead;
  }

  Bytes got;
  bool good = true;
  in_pieces(came, input.take(input.byte() % 8),
            [&](std::span<const std::byte> piece) { good = good && open(piece, got).has_value(); });
  require(got.size() == expected && (expected == 0 || std::memcmp(got.data(), clear_.data(), expected) == 0),
          "what comes out is what went in, up to the first change");
  const bool intact = same == came.size();  // maybe cut short
  if (intact) {
    require(good, "records that nobody changed are opened");
    require(incomplete() == came.size() - whole, "a record that is cut short is known of");
  }
  if (intact && same == sent.size()) return;
  // A changed size may wait for bytes: here they are.
  Bytes more(128);
  if (intact) more[0] = ~sent[same];  // what was cut off may have been a zero
  for (std::size_t fed = 0; good && fed < transport::max_record; fed += more.size()) {
    good = open(more, got).has_value();
    more[0] = {};
  }
  require(!good, "a change ends in an error");
  require(got.size() == expected, "nothing comes out after a change");
}

}  // namespace fuzz
