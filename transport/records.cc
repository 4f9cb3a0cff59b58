#include "transport/records.h"

#include <algorithm>
#include <optional>

#include "sys/text.h"
#include "transport/secure_channel.h"

namespace transport {

namespace {

constexpr std::size_t head_size = 2;  // bytes
constexpr std::size_t max_plain = max_record - record_overhead;
static_assert(record_overhead == head_size + crypto::tag_size);

crypto::View as_view(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::uint8_t* as_out(std::byte* out) { return reinterpret_cast<std::uint8_t*>(out); }

// Size of the whole record that begins here; nothing while its size is not there.
std::optional<std::size_t> record_size(std::span<const std::byte> bytes) {
  if (bytes.size() < head_size) return std::nullopt;
  return head_size + (std::to_integer<std::size_t>(bytes[0]) | std::to_integer<std::size_t>(bytes[1]) << 8);
}

sys::Status check_size(std::size_t size) {
  if (size <= max_record && size > head_size + crypto::tag_size) return {};
  return sys::refusal(sys::cat("a record of ", size, " bytes, where ", head_size + crypto::tag_size + 1, " to ",
                               max_record, " are allowed"));
}

}  // namespace

void RecordCipher::count() {
  if (++records_ < records_per_key_) return;
  cipher_.rekey();
  records_ = 0;
}

void RecordCipher::encrypt(std::span<const std::byte> plain, std::byte* out) {
  cipher_.encrypt({}, as_view(plain), as_out(out));
  count();
}

bool RecordCipher::decrypt(std::span<const std::byte> sealed, std::byte* out) {
  if (!cipher_.decrypt({}, as_view(sealed), as_out(out))) return false;
  count();
  return true;
}

void RecordSealer::seal(std::span<const std::byte> clear, Bytes& wire) {
  const std::size_t records = (clear.size() + max_plain - 1) / max_plain;
  std::size_t at = wire.size();
  wire.resize(at + clear.size() + records * (head_size + crypto::tag_size));
  while (!clear.empty()) {
    const auto piece = clear.first(std::min(clear.size(), max_plain));
    const std::size_t sealed = piece.size() + crypto::tag_size;
    wire[at] = static_cast<std::byte>(sealed);
    wire[at + 1] = static_cast<std::byte>(sealed >> 8);
    cipher_.encrypt(piece, wire.data() + at + head_size);
    at += head_size + sealed;
    clear = clear.subspan(piece.size());
  }
}

sys::Status RecordOpener::open(std::span<const std::byte> bytes, Bytes& clear) {
  while (!bytes.empty()) {
    const auto size = partial_.empty() ? record_size(bytes) : std::nullopt;
    if (!size || *size > bytes.size()) {
      if (const auto collected = collect(bytes, clear); !collected) return collected;
      continue;
    }
    if (const auto opened = open_one(bytes.first(*size), clear); !opened) return opened;
    bytes = bytes.subspan(*size);
  }
  if (partial_.empty()) Bytes().swap(partial_);  // an idle connection holds nothing
  return {};
}

// Adds to the record that has begun, from the front of `bytes`.
sys::Status RecordOpener::collect(std::span<const std::byte>& bytes, Bytes& clear) {
  const std::size_t wanted = record_size(partial_).value_or(head_size);
  const auto piece = bytes.first(std::min(wanted - partial_.size(), bytes.size()));
  // Grows with what has come, not with what is announced; at most to max_record, as `wanted` was checked.
  const std::size_t needed = partial_.size() + piece.size();
  if (needed > partial_.capacity()) partial_.reserve(std::min(wanted, 2 * needed));
  partial_.insert(partial_.end(), piece.begin(), piece.end());
  bytes = bytes.subspan(piece.size());
  const auto size = record_size(partial_);
  if (!size) return {};
  if (const auto checked = check_size(*size); !checked) return checked;
  if (partial_.size() < *size) return {};
  const auto opened = open_one(partial_, clear);
  partial_.clear();  // its memory is for the next one, which most often has begun
  return opened;
}

sys::Status RecordOpener::open_one(std::span<const std::byte> record, Bytes& clear) {
  if (const auto checked = check_size(record.size()); !checked) return checked;
  const auto sealed = record.subspan(head_size);
  const std::size_t at = clear.size();
  clear.resize(at + sealed.size() - crypto::tag_size);
  if (cipher_.decrypt(sealed, clear.data() + at)) return {};
  clear.resize(at);
  return sys::refusal("a record that is not authentic: changed, repeated or out of order on the way");
}

}  // namespace transport
