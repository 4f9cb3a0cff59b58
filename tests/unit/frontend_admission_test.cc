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

  Admission::Ticket enter(std::uint32_t ip) {
    Admission::Ticket ticket = 0;
    CHECK(admission.ask(ip, ticket) == Admission::Answer::admitted);
    return ticket;
  }
  Admission::Answer ask(std::uint32_t ip) {
    Admission::Ticket ticket = 0;
    return admission.ask(ip, ticket);
  }
};

}  // namespace

TEST_CASE("admission: an address holds so many, and others when it lets go") {
  Room room;
  const auto first = room.enter(1);
  room.enter(1);
  CHECK(room.ask(1) == Admission::Answer::too_many);
  room.admission.leave(first);
  room.admission.leave(first);  // once is enough
  room.enter(1);
  CHECK(room.ask(1) == Admission::Answer::too_many);
}

TEST_CASE("admission: the oldest stranger has to go when the room is full, a node never") {
  Room room;
  room.enter(node_address);
  const auto oldest = room.enter(1);
  const auto next = room.enter(2);
  room.enter(3);
  CHECK(room.admission.crowded_out() == 0);
  room.enter(4);
  CHECK(room.admission.crowded_out() == oldest);
  room.admission.leave(oldest);
  CHECK(room.admission.crowded_out() == 0);
  room.enter(5);
  CHECK(room.admission.crowded_out() == next);
}

TEST_CASE("admission: who is refused too often is shut out until it is forgotten") {
  Room room;
  for (int i = 0; i < 4; ++i)
    room.admission.note_refusal(1);
  CHECK(room.ask(1) == Admission::Answer::shut_out);
  room.enter(2);
  room.clock.advance(1min);
  room.enter(1);
}

TEST_CASE("admission: refusals are remembered of a bounded number of addresses") {
  Room room;
  for (std::uint32_t ip = 1; ip <= 3; ++ip) {
    for (int i = 0; i < 4; ++i)
      room.admission.note_refusal(ip);
  }
  CHECK(room.ask(2) == Admission::Answer::shut_out);
  CHECK(room.ask(3) == Admission::Answer::admitted);
  room.clock.advance(1min);
  for (int i = 0; i < 4; ++i)
    room.admission.note_refusal(3);
  CHECK(room.ask(3) == Admission::Answer::shut_out);
}
