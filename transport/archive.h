// A pair of cereal archives for bytes from strangers. Included by transport/codec.cc alone, through serialize.h:
// cereal needs exceptions, and they end there.
//
// What the archives know is integers (little-endian, fixed width), bool (0 or 1), arrays of bytes (raw),
// variants (index in one byte), and the wrappers below for what has to be bounded. Everything that varies in
// size is a u32 count and its elements; the count is held against the field's cap and against the bytes that
// are left before anything is allocated. A string or vector without a wrapper does not compile, so that no
// cap can be forgotten.
#pragma once

// cereal/access.hpp includes <iostream> and uses nothing of it; the static object that comes along would cost
// PID 1 the whole of iostreams. So <iostream> is made out to be included already.
#define _GLIBCXX_IOSTREAM 1  // NOLINT(bugprone-reserved-identifier)
#include <cereal/cereal.hpp>
#undef _GLIBCXX_IOSTREAM

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "transport/messages.h"

namespace transport {

// What the archives throw: a field and what is wrong with it.
struct ArchiveError {
  std::string what;
};

// Thrown behind a version that is not ours: the fields that follow are those of another protocol.
struct ForeignVersion {};

class BoundedOutput : public cereal::OutputArchive<BoundedOutput, cereal::AllowEmptyClassElision> {
 public:
  explicit BoundedOutput(Bytes& out) : OutputArchive(this), out_(out) {}
  void put(std::uint64_t value, std::size_t width);
  void put_bytes(std::span<const std::byte> bytes);
  // The count in front of `count` elements; refused when it exceeds `cap`.
  void put_count(const char* field, std::size_t count, std::size_t cap);

 private:
  Bytes& out_;
};

class BoundedInput : public cereal::InputArchive<BoundedInput, cereal::AllowEmptyClassElision> {
 public:
  explicit BoundedInput(std::span<const std::byte> bytes) : InputArchive(this), left_(bytes) {}
  std::uint64_t take(std::size_t width);
  std::span<const std::byte> take_bytes(std::size_t size);
  // The count in front of elements of at least `least` bytes each.
  std::size_t take_count(const char* field, std::size_t cap, std::size_t least);
  // One byte that has to be at most `last`.
  std::uint8_t take_choice(const char* field, std::size_t last);
  std::size_t left() const { return left_.size(); }

 private:
  std::span<const std::byte> left_;
};

// The fewest bytes that a T takes on the wire; serialize.h says it for every struct that stands in a list.
template <class T> inline constexpr std::size_t least_size = 0;
template <std::integral T> inline constexpr std::size_t least_size<T> = sizeof(T);

// A string, bytes or a list, which may hold at most `cap` bytes or elements.
template <class T> struct Capped {
  const char* name;
  T& value;
  std::size_t cap;
};
// A list of strings: both the list and each string have a cap.
struct CappedStrings {
  const char* name;
  std::vector<std::string>& value;
  std::size_t cap;
  std::size_t each;
};
// Text for people. The sender cuts it at its cap: a long reason is better cut than not said.
struct CutText {
  const char* name;
  std::string& value;
  std::size_t cap;
};
// An enum of one byte, whose values are 0 to `last`.
template <class E> struct Choice {
  static_assert(sizeof(E) == 1);
  const char* name;
  E& value;
  E last;
};

// The version at the front of a greeting.
struct Version {
  std::uint16_t& value;
};

template <class T> Capped<T> capped(const char* name, T& value, std::size_t cap) { return {name, value, cap}; }
template <class E> Choice<E> choice(const char* name, E& value, E last) { return {name, value, last}; }

// ---------------------------------------------------------------- out

template <std::integral T> void save(BoundedOutput& out, const T& value) {
  if constexpr (std::same_as<T, bool>) {
    out.put(value ? 1 : 0, 1);
  } else {
    out.put(static_cast<std::make_unsigned_t<T>>(value), sizeof(T));
  }
}

template <std::size_t N> void save(BoundedOutput& out, const std::array<std::uint8_t, N>& value) {
  out.put_bytes(std::as_bytes(std::span(value)));
}

template <class T> void save(BoundedOutput& out, const Capped<T>& field) {
  out.put_count(field.name, field.value.size(), field.cap);
  if constexpr (sizeof(typename T::value_type) == 1) {
    out.put_bytes(std::as_bytes(std::span(field.value)));
  } else {
    for (auto& element : field.value)
      out(element);
  }
}

void save(BoundedOutput& out, const CappedStrings& field);
void save(BoundedOutput& out, const CutText& field);
void save(BoundedOutput& out, const Version& field);

template <class E> void save(BoundedOutput& out, const Choice<E>& field) {
  out.put(static_cast<std::uint8_t>(field.value), 1);
}

template <class... T> void save(BoundedOutput& out, const std::variant<T...>& value) {
  out.put(value.index(), 1);
  std::visit([&out](const auto& alternative) { out(alternative); }, value);
}

// ---------------------------------------------------------------- in

template <std::integral T> void load(BoundedInput& in, T& value) {
  if constexpr (std::same_as<T, bool>) {
    value = in.take_choice("truth value", 1) == 1;
  } else {
    value = static_cast<T>(in.take(sizeof(T)));
  }
}

template <std::size_t N> void load(BoundedInput& in, std::array<std::uint8_t, N>& value) {
  const auto bytes = in.take_bytes(N);
  for (std::size_t i = 0; i < N; ++i)
    value[i] = std::to_integer<std::uint8_t>(bytes[i]);
}

template <class T> void load(BoundedInput& in, Capped<T>& field) {
  constexpr std::size_t least = least_size<typename T::value_type>;
  static_assert(least > 0, "say in serialize.h how few bytes an element takes");
  field.value.resize(in.take_count(field.name, field.cap, least));
  for (auto& element : field.value)
    in(element);
}

void load(BoundedInput& in, Capped<std::string>& field);
void load(BoundedInput& in, Capped<Bytes>& field);
void load(BoundedInput& in, CappedStrings& field);
void load(BoundedInput& in, CutText& field);
void load(BoundedInput& in, Version& field);

template <class E> void load(BoundedInput& in, Choice<E>& field) {
  field.value = static_cast<E>(in.take_choice(field.name, static_cast<std::size_t>(field.last)));
}

namespace archive_detail {
template <class T, class Variant> void load_alternative(BoundedInput& in, Variant& value) {
  in(value.template emplace<T>());
}
}  // namespace archive_detail

template <class... T> void load(BoundedInput& in, std::variant<T...>& value) {
  using Load = void (*)(BoundedInput&, std::variant<T...>&);
  static constexpr Load loads[] = {archive_detail::load_alternative<T, std::variant<T...>>...};
  loads[in.take_choice("alternative", sizeof...(T) - 1)](in, value);
}

}  // namespace transport
