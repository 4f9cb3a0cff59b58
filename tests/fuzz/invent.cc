#include "tests/fuzz/invent.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <type_traits>

#include "content/hash.h"
#include "transport/codec.h"
#include "transport/frame.h"
#include "transport/serialize.h"

namespace fuzz {

using namespace transport;

namespace {

// What finds its way through more often than chance would.
constexpr std::string_view words[] = {"",       "/",         "/bin/true", "/tmp/a",    "/a/../../b", "relative",
                                      "tmpfs",  "size=1m",   "all",       "0-3",       "up",         "down",
                                      "0",      "n1",        "1-",        "boot",      "x86_64",     "A=1",
                                      "\xff\n", "/dev/null", "/proc/x",   "/etc/hosts"};

// Reads as an archive of cereal would, and takes what comes.
class Inventor {
 public:
  explicit Inventor(Input& input) : input_(input) {}

  template <class... T> void operator()(T&&... values) { (one(values), ...); }

 private:
  template <std::integral T> void one(T& value) {
    const std::uint8_t first = input_.byte();
    if constexpr (sizeof(T) == 1) {
      value = static_cast<T>(std::same_as<T, bool> ? first & 1 : first);
    } else {
      std::uint64_t wide = first;  // small ones mostly: they meet again
      if (first >= 0xf0) {
        for (std::size_t i = 0; i < sizeof(T); ++i)
          wide = wide << 8 | input_.byte();
      }
      value = static_cast<T>(wide);
    }
  }
  template <std::size_t N> void one(std::array<std::uint8_t, N>& value) { value.fill(input_.byte()); }
  void one(std::string& value, std::size_t cap) {
    const std::size_t choice = input_.byte();
    value = choice < 64 ? as_text(input_.take(choice)) : words[choice % std::size(words)];
    if (choice >= 0xfc) value.assign(std::min(cap, std::size_t{1} << 8 << (choice - 0xfc)), '/');
    value.resize(std::min(value.size(), cap));
  }
  void one(Bytes& value, std::size_t cap) {
    const std::size_t choice = input_.byte();
    value.assign(choice < 0xfc ? choice : std::min(cap, std::size_t{1024} << (2 * (choice - 0xfc))), std::byte{'x'});
  }
  template <class T> void one(std::vector<T>& value, std::size_t cap) {
    value.resize(std::min<std::size_t>(input_.byte() % 5, cap));
    for (T& element : value)
      one(element);
  }
  template <class T> void one(Capped<T>& field) { one(field.value, field.cap); }
  void one(CappedStrings& field) {
    field.value.resize(std::min<std::size_t>(input_.byte() % 5, field.cap));
    for (std::string& element : field.value)
      one(element, field.each);
  }
  void one(CutText& field) { one(field.value, field.cap); }
  template <class E> void one(Choice<E>& field) {
    field.value = static_cast<E>(input_.byte() % (static_cast<unsigned>(field.last) + 1));
  }
  void one(Version& field) {
    if (input_.byte() == 0xff) field.value = input_.word();
  }
  template <class... T> void one(std::variant<T...>& value) {
    using Emplace = void (*)(Inventor&, std::variant<T...>&);
    static constexpr Emplace emplaces[] = {
        [](Inventor& self, std::variant<T...>& to) { self.one(to.template emplace<T>()); }...};
    emplaces[input_.byte() % sizeof...(T)](*this, value);
  }
  void one(Content& value) {
    const std::size_t choice = input_.byte();
    if (choice < 128) {
      value = name_of_content(choice % contents);
    } else {
      (*this)(value.hash, value.size);
    }
  }
  template <class T>
  requires std::is_class_v<T>
  void one(T& value) {
    if constexpr (!std::is_empty_v<T>) serialize(*this, value);
  }

  Input& input_;
};

template <class... T> Message invent_number(Input& input, std::uint16_t number, const std::variant<T...>*) {
  Message message;
  Inventor inventor(input);
  ((T::number == number ? inventor(message.emplace<T>()) : void()), ...);
  return message;
}

template <class... T> constexpr std::array<std::uint16_t, sizeof...(T)> numbers(const std::variant<T...>*) {
  return {T::number...};
}
constexpr const Message* any = nullptr;
constexpr auto every_number = numbers(any);

}  // namespace

std::string_view content(std::size_t index) {
  constexpr std::string_view all[contents] = {"", "#!/bin/true\n", "some content"};
  return all[index % contents];
}

Content name_of_content(std::size_t index) {
  static const auto names = [] {
    std::array<Content, contents> made;
    for (std::size_t i = 0; i < contents; ++i) {
      content::Hasher hasher;
      hasher.add(std::as_bytes(std::span(content(i))));
      made[i] = {hasher.finish(), content(i).size()};
    }
    return made;
  }();
  return names[index % contents];
}

Message invent(Input& input, Range range) {
  const std::size_t choice = input.byte();
  const auto within = [&](std::uint16_t number) { return range.first <= number && number <= range.last; };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(every_number, within));
  if (count > 1 && choice >= 0xe0) return invent_number(input, every_number[input.byte() % every_number.size()], any);
  std::size_t left = choice % count;
  const auto chosen = std::ranges::find_if(every_number, [&](auto number) { return within(number) && left-- == 0; });
  return invent_number(input, *chosen, any);
}

Bytes frame_of(const Message& message, std::uint64_t request) {
  Bytes frame;
  static_cast<void>(append_frame(message, request, frame));
  return frame;
}

Bytes raw_frame(Input& input) {
  const std::uint8_t kind = input.byte();
  const std::uint16_t number = kind < 0xf0 ? every_number[kind % every_number.size()] : input.word();
  const auto body = input.take(input.byte());
  FrameHeader header{.body_size = static_cast<std::uint32_t>(body.size()), .number = number};
  if (kind % 16 == 15) header.body_size += input.word();
  if (kind % 16 == 14) header.reserved = input.byte();
  Bytes frame;
  append_header(header, frame);
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

}  // namespace fuzz
