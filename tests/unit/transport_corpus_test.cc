// Seeds of the fuzz targets that read messages, frames and channels, live ones too: a real message of every kind, as they
// are now, and every deed of a hostile peer. Each target's header comment says how it reads its input.
#include "tests/unit/corpus.h"
#include "tests/unit/transport_samples.h"
#include "transport/codec.h"

namespace {

using corpus::bytes;
using corpus::seed;

std::string text_of(const transport::Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string name_of(const transport::Message& message) {
  return transport::name_of_number(transport::number_of(message));
}

}  // namespace

TEST_CASE("the seeds of the fuzzers have every message") {
  std::string all;
  for (const auto& message : samples::one_of_each()) {
    const std::string frame = text_of(samples::frame_of(message, 1));
    all += frame;
    const std::string generous = std::string(2, '\0');  // whole reads, no pauses, the largest limit
    seed("connection_fuzz", name_of(message), generous + frame);
    seed("frame_fuzz", name_of(message), generous + frame);
    const auto index = static_cast<char>(message.index());
    seed("codec_fuzz", name_of(message), index + text_of(samples::body_of(message)));
  }
  seed("connection_fuzz", "all", std::string(2, '\0') + all);
}

TEST_CASE("the seeds of the fuzzers have every way to treat a channel") {
  // How soon keys are renewed, five messages, one change of each kind, pieces of three bytes.
  for (int kind = 0; kind < 8; ++kind) {
    const std::string records = bytes({5, 1, 20, 0, 254, 40, 1, kind, 2, 9, 0, 1, 3});
    seed("record_fuzz", "change" + std::to_string(kind), bytes({1}) + records);
    seed("channel_fuzz", "records" + std::to_string(kind), bytes({2, 0, 1, 0, 0, 0}) + records + records);
    seed("channel_fuzz", "words" + std::to_string(kind), bytes({2, 1, 0, 1, 5, 1, kind, 1, 3, 0}));
    seed("channel_fuzz", "answer" + std::to_string(kind), bytes({2, 0, 1, 0, 0, 1, kind, 1, 3, 0}));
  }
  for (int protection = 0; protection < 3; ++protection) {
    for (int kept : {0, 12, 28, 255}) {
      const std::string name = std::to_string(protection) + "-" + std::to_string(kept);
      seed("channel_fuzz", "node" + name, bytes({0, protection, kept, 0}) + corpus::wild(kept, 40));
      seed("channel_fuzz", "front-end" + name, bytes({1, protection, kept, 1, 7}) + corpus::wild(kept, 40));
    }
    seed("channel_fuzz", "twice" + std::to_string(protection), bytes({4, protection, 0}));
  }
  for (int misfit = 0; misfit < 5; ++misfit)
    seed("channel_fuzz", "misfit" + std::to_string(misfit), bytes({3, misfit, 9, 0, 0}));
}

TEST_CASE("the seeds of the fuzzers have every deed of a hostile peer") {
  struct Target {
    const char* name;
    int deeds;
  };
  for (const Target& target : {Target{"node_fuzz", 10}, Target{"master_fuzz", 12}, Target{"control_fuzz", 6}}) {
    std::string all;
    for (int deed = 0; deed < target.deeds; ++deed) {
      for (int i = 0; i < 4; ++i) {
        const std::string one = bytes({deed, i}) + corpus::wild(deed * 4 + i, 30);
        seed(target.name, std::to_string(deed) + "-" + std::to_string(i), one);
        all += one;
      }
    }
    seed(target.name, "all", all.substr(0, 512));
  }
}

// Sequences that chance would not find soon: a node that is up, with both connections, and a rank that runs there. Deeds and
// what they read are those of tests/fuzz/master_fuzz.cc.
TEST_CASE("the seeds of the fuzzers have every message about a process that runs") {
  const std::string up = bytes({0, 0, 1, 1, 5, 1, 1}) + bytes({2, 0, 1, 1});
  const std::string run = bytes({10, 1, 1, 1}) + bytes({5, 0});
  for (int message = 0; message < 24; ++message) {
    const bool bulk = message >= 16;
    const std::string say = bytes({1, bulk ? 0xc0 : 0, message % 16}) + std::string(12, '\0');
    const std::string attach = bytes({10, 1, 1, 4});
    seed("master_fuzz", "running-" + std::to_string(message), up + run + say + attach + say);
  }
}
