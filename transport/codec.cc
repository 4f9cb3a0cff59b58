#include "transport/codec.h"

#include <array>
#include <cerrno>
#include <new>
#include <type_traits>
#include <utility>

#include "sys/text.h"
#include "transport/serialize.h"

namespace transport {

namespace {

// The name of a type without its namespace, cut out of the compiler's "... [with T = transport::Hello; ...]".
template <class T> constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);
}

struct Row {
  std::uint16_t number;
  std::string_view name;
  void (*save)(BoundedOutput& out, const Message& message);
  void (*load)(BoundedInput& in, Message& message);
};

template <class T> void save_as(BoundedOutput& out, const Message& message) { out(*std::get_if<T>(&message)); }

template <class T> void load_as(BoundedInput& in, Message& message) { in(message.emplace<T>()); }

template <class... T> constexpr auto make_table(std::type_identity<std::variant<T...>>) {
  return std::array{Row{T::number, type_name<T>(), save_as<T>, load_as<T>}...};
}

// One row per alternative of Message, in its order.
constexpr auto table = make_table(std::type_identity<Message>{});

constexpr bool numbers_differ() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (table[i].number == table[k].number) return false;
    }
  }
  return true;
}
static_assert(numbers_differ(), "two messages have the same number");

const Row* find(std::uint16_t number) {
  for (const Row& row : table) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

void load_whole(const Row& row, std::span<const std::byte> body, Message& message) {
  BoundedInput in(body);
  try {
    row.load(in, message);
  } catch (const ForeignVersion&) {
    return;
  }
  if (in.left() > 0) throw ArchiveError{sys::cat(in.left(), " bytes too many")};
}

}  // namespace

std::uint16_t number_of(const Message& message) { return table[message.index()].number; }

std::string name_of_number(std::uint16_t number) {
  const Row* row = find(number);
  return row != nullptr ? std::string(row->name) : sys::cat("message ", number);
}

sys::Status encode(const Message& message, Bytes& out) {
  const Row& row = table[message.index()];
  const std::size_t before = out.size();
  try {
    BoundedOutput archive(out);
    row.save(archive, message);
    return {};
  } catch (const ArchiveError& error) {
    out.resize(before);
    return sys::refusal(sys::cat(row.name, ": ", error.what));
  } catch (const std::bad_alloc&) {
    out.resize(before);
    return sys::failure(ENOMEM, sys::cat("encode ", row.name));
  }
}

sys::Result<Message> decode(std::uint16_t number, std::span<const std::byte> body) {
  const Row* row = find(number);
  if (row == nullptr) return sys::refusal(sys::cat("there is no message ", number));
  try {
    sys::Result<Message> message;
    load_whole(*row, body, *message);
    return message;
  } catch (const ArchiveError& error) {
    return sys::refusal(sys::cat(row->name, ": ", error.what));
  } catch (const std::bad_alloc&) {
    return sys::failure(ENOMEM, sys::cat("decode ", row->name));
  }
}

}  // namespace transport
