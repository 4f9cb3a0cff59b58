#include "transport/archive.h"

#include <algorithm>

#include "sys/text.h"
#include "transport/little_endian.h"

namespace transport {

namespace {

constexpr std::size_t count_width = 4;

void assign(std::string& value, std::span<const std::byte> bytes) {
  value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

void BoundedOutput::put(std::uint64_t value, std::size_t width) { append_little(value, width, out_); }

void BoundedOutput::put_bytes(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

void BoundedOutput::put_count(const char* field, std::size_t count, std::size_t cap) {
  if (count > cap) throw ArchiveError{sys::cat(field, " has ", count, ", at most ", cap, " are allowed")};
  put(count, count_width);
}

std::uint64_t BoundedInput::take(std::size_t width) { return read_little(take_bytes(width)); }

std::span<const std::byte> BoundedInput::take_bytes(std::size_t size) {
  if (size > left_.size())
    throw ArchiveError{sys::cat("cut short: ", size, " bytes expected, ", left_.size(), " left")};
  const auto bytes = left_.first(size);
  left_ = left_.subspan(size);
  return bytes;
}

std::size_t BoundedInput::take_count(const char* field, std::size_t cap, std::size_t least) {
  const std::uint64_t count = take(count_width);
  if (count > cap) throw ArchiveError{sys::cat(field, " claims ", count, ", at most ", cap, " are allowed")};
  if (count > left_.size() / least) {
    throw ArchiveError{sys::cat(field, " claims ", count, ", more than the ", left_.size(), " bytes left can hold")};
  }
  return static_cast<std::size_t>(count);
}

std::uint8_t BoundedInput::take_choice(const char* field, std::size_t last) {
  const std::uint64_t value = take(1);
  if (value > last) throw ArchiveError{sys::cat(field, " is ", value, ", the last known is ", last)};
  return static_cast<std::uint8_t>(value);
}

void save(BoundedOutput& out, const CappedStrings& field) {
  out.put_count(field.name, field.value.size(), field.cap);
  for (std::string& element : field.value)
    out(capped(field.name, element, field.each));
}

void save(BoundedOutput& out, const CutText& field) {
  const std::size_t size = std::min(field.value.size(), field.cap);
  out.put(size, count_width);
  out.put_bytes(std::as_bytes(std::span(field.value)).first(size));
}

void save(BoundedOutput& out, const Version& field) { out(field.value); }

void load(BoundedInput& in, Capped<std::string>& field) {
  assign(field.value, in.take_bytes(in.take_count(field.name, field.cap, 1)));
}

void load(BoundedInput& in, Capped<Bytes>& field) {
  const auto bytes = in.take_bytes(in.take_count(field.name, field.cap, 1));
  field.value.assign(bytes.begin(), bytes.end());
}

void load(BoundedInput& in, CappedStrings& field) {
  field.value.resize(in.take_count(field.name, field.cap, count_width));
  for (std::string& element : field.value)
    in(capped(field.name, element, field.each));
}

void load(BoundedInput& in, CutText& field) {
  assign(field.value, in.take_bytes(in.take_count(field.name, field.cap, 1)));
}

void load(BoundedInput& in, Version& field) {
  in(field.value);
  if (field.value != protocol_version) throw ForeignVersion{};
}

}  // namespace transport
