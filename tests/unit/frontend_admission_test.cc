#include "frontend/nodemaster/admission.h"

#include <doctest/doctest.h>

#include "tests/fakes/fake_clock.h"

using namespace std::chrono_literals;
using frontend::Admission;

namespace {

constexpr std::uint32_t node_address = 1000;

struct Room {
  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  Admission admission{clock,
                      {.per_address = 2, .strangers = 3, .refusals = 4, .refusal_memory = 1min, .addresses = 2},
                      [](std::uint32_t ip) { return ip == node_address; }};

  Admission::Pass enter(std::uint32_t ip) {
    Admission::Pass pass = admission.ask(ip);
    CHECK(pass.ticket() != 0);
    return pass;
  }
  bool shut_out(std::uint32_t ip) { return admission.ask(ip).ticket() == 0; }
};

}  // namespace

TEST_CASE("admission: an address that has too many under way loses its own oldest") {
  Room room;
  auto first = room.enter(1);
  const auto second = room.enter(1);
  CHECK(room.admission.crowded_out(1).ticket == 0);
  const auto third = room.enter(1);
  CHECK(room.admission.crowded_out(1).ticket == first.ticket());
  CHECK(room.admission.crowded_out(1).same_address);
  first = {};
  CHECK(room.admission.crowded_out(1).ticket == 0);
}

TEST_CASE("admission: the oldest stranger has to go when the room is full, a node never") {
  Room room;
  const auto node = room.enter(node_address);
  auto oldest = room.enter(1);
  const auto next = room.enter(2);
  const auto third = room.enter(3);
  CHECK(room.admission.crowded_out(3).ticket == 0);
  const auto fourth = room.enter(4);
  CHECK(room.admission.crowded_out(4).ticket == oldest.ticket());
  CHECK_FALSE(room.admission.crowded_out(4).same_address);
  oldest = {};
  CHECK(room.admission.crowded_out(4).ticket == 0);
  const auto fifth = room.enter(5);
  CHECK(room.admission.crowded_out(5).ticket == next.ticket());
}

TEST_CASE("admission: who is refused too often is shut out until it is forgotten, a node never") {
  Room room;
  for (int i = 0; i < 4; ++i) {
    room.admission.note_refusal(1);
    room.admission.note_refusal(node_address);
  }
  CHECK(room.shut_out(1));
  CHECK_FALSE(room.shut_out(2));
  CHECK_FALSE(room.shut_out(node_address));
  room.clock.advance(1min);
  CHECK_FALSE(room.shut_out(1));
}

TEST_CASE("admission: refusals are remembered of a bounded number of addresses") {
  Room room;
  for (std::uint32_t ip = 1; ip <= 3; ++ip) {
    for (int i = 0; i < 4; ++i)
      room.admission.note_refusal(ip);
  }
  CHECK(room.shut_out(2));
  CHECK_FALSE(room.shut_out(3));
  room.clock.advance(1min);
  for (int i = 0; i < 4; ++i)
    room.admission.note_refusal(3);
  CHECK(room.shut_out(3));
}
