// The fuzzer's corpus (tests/fuzz/corpus/connection_fuzz) begins with a real frame of every message, as they are now.
// After a change of the protocol: NODEINIT_WRITE_CORPUS=1 unit_tests -tc='the corpus*'.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/transport_samples.h"
#include "transport/codec.h"

namespace {

const std::string folder = "tests/fuzz/corpus/connection_fuzz/";

// Whole reads, generous limits, no pauses; see connection_fuzz.cc.
std::string input_of(const transport::Bytes& frames) {
  return std::string(2, '\0') + std::string(reinterpret_cast<const char*>(frames.data()), frames.size());
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void check_or_write(const std::string& name, const std::string& input) {
  if (std::getenv("NODEINIT_WRITE_CORPUS") != nullptr) std::ofstream(folder + name, std::ios::binary) << input;
  CHECK_MESSAGE(read(folder + name) == input, name, " is not up to date: see ", __FILE__);
}

}  // namespace

TEST_CASE("the corpus of the fuzzer has every message") {
  transport::Bytes all;
  for (const auto& message : samples::one_of_each()) {
    const auto frame = samples::frame_of(message, 1);
    all.insert(all.end(), frame.begin(), frame.end());
    check_or_write(transport::name_of_number(transport::number_of(message)), input_of(frame));
  }
  check_or_write("all", input_of(all));
}
