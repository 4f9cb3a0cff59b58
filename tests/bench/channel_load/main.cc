// channel_load: see loads.h and tests/bench/channel.
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "ends.h"
#include "loads.h"

namespace {

constexpr std::array<std::pair<std::string_view, void (*)(const bench::Load&)>, 8> loads = {{
    {"source", bench::source},
    {"sink", bench::sink},
    {"handshakes", bench::handshakes},
    {"greet", bench::greet},
    {"visit", bench::visit},
    {"hold", bench::hold},
    {"stay", bench::stay},
    {"records", bench::records},
}};

template <class Number> Number number_of(std::string_view text) {
  Number number{};
  const auto end = text.data() + text.size();
  if (const auto [rest, error] = std::from_chars(text.data(), end, number); error != std::errc() || rest != end) {
    bench::give_up("usage: channel_load LOAD PROTECTION COUNT [PORT]");
  }
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const auto word = [&](int i) { return i < argc ? std::string_view(argv[i]) : "0"; };
  const auto protection = bench::protection_named(word(2));
  if (!protection) bench::give_up("no such protection: clear, nk or nk_psk0");
  const bench::Load load{*protection, number_of<std::uint64_t>(word(3)), number_of<std::uint16_t>(word(4))};
  for (const auto& [name, run] : loads) {
    if (name != word(1)) continue;
    run(load);
    return 0;
  }
  bench::give_up("no such load");
}
