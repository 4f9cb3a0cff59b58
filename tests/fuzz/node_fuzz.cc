// A node with a hostile front end: the whole of it (node::Node), from its first instruction on, on a kernel in memory, in
// the clear.
//
// Input: deeds of the front end, one after the other: a byte that chooses the deed (the table at the end), then what it
// takes. Messages are invented (invent.h) or broken; connections are dropped and refused; time passes; processes that
// the node has been told to start begin, write and end. What has to hold: no exception reaches the loop and nothing
// spins in it; what the node says is always well-formed; what it keeps is bounded; and when a good front end is there
// again, the node joins it and answers it, unless it was told to go down.
#include <set>

#include "tests/fuzz/allocation.h"
#include "tests/fuzz/invent.h"
#include "tests/unit/nodeinit_fixture.h"
#include "transport/frame.h"

namespace {

using namespace std::chrono_literals;
using namespace transport;
using fuzz::Input;
using fuzz::require;

constexpr unsigned most_deeds = 16;
constexpr std::size_t most_kept = 24u << 20;  // bytes that the node may hold when all is said

class Hostile {
 public:
  explicit Hostile(Input& input) : input_(input) {
    test_.serve_rarp();
    test_.front_end.open();
    test_.boot();
    wait_for_node();
  }

  void play() {
    for (unsigned i = 0; i < most_deeds && !input_.empty(); ++i) {
      deed();
      if (!std::exchange(busy_, false)) test_.front_end.work();
    }
  }
  void check_after();

 private:
  void deed();
  void pass(sys::Duration time) {
    test_.loop.advance(time);
    test_.front_end.work();
  }
  // What the next deed sends and what is due by then are found in one turn.
  bool busy_ = false;
  void wait_for_node() {
    test_.front_end.work();
    for (int i = 0; i < 12 && test_.front_end.all<BulkHello>().empty(); ++i)
      pass(3s);
    require(!test_.front_end.all<BulkHello>().empty(), "a node joins a good front end");
  }
  void put(bool bulk, const Bytes& bytes) {
    if (!test_.front_end.has(bulk)) return;
    const auto text = fuzz::as_text(bytes);
    bulk ? test_.front_end.put_bulk(text) : test_.front_end.put(text);
  }
  void say(bool bulk, const Message& message) {
    powered_ = powered_ || std::holds_alternative<Power>(message);
    put(bulk, fuzz::frame_of(message, input_.byte() % 4));
  }
  void say_something();
  void say_bulk();
  void break_something();
  void answer_fetches();
  void move_process();
  void let_time_pass();
  void invent_welcome();
  void come_and_go();

  Input& input_;
  const std::size_t before_ = fuzz::bytes_in_use();
  TestMachine test_;
  std::set<int> begun_;  // processes that have come to their exec
  bool powered_ = false;
};

void Hostile::say_something() { say(false, fuzz::invent(input_, fuzz::master_control)); }

void Hostile::say_bulk() { say(true, fuzz::invent(input_, fuzz::master_bulk)); }

void Hostile::break_something() {
  const bool bulk = input_.flag();
  Bytes bytes = fuzz::raw_frame(input_);
  const auto more = input_.take(input_.byte() % 32);
  bytes.insert(bytes.end(), more.begin(), more.end());
  powered_ = true;  // it may have said so by chance
  put(bulk, bytes);
}

// As a good front end would, with the contents that invented messages name.
void Hostile::answer_fetches() {
  for (const Fetch& fetch : test_.front_end.all<Fetch>()) {
    for (std::size_t i = 0; i < fuzz::contents; ++i) {
      const auto bytes = std::as_bytes(std::span(fuzz::content(i)));
      if (fuzz::name_of_content(i).hash != fetch.hash || fetch.offset > bytes.size()) continue;
      const auto piece =
          bytes.subspan(fetch.offset).first(std::min<std::size_t>(bytes.size() - fetch.offset, fetch.length));
      put(true,
          fuzz::frame_of(Block{.hash = fetch.hash, .offset = fetch.offset, .data = {piece.begin(), piece.end()}}));
    }
  }
  std::erase_if(test_.front_end.received, [](const Message& one) { return std::holds_alternative<Fetch>(one); });
}

void Hostile::move_process() {
  const auto pids = test_.children.pids();
  const std::uint8_t how = input_.byte();
  if (pids.empty()) return;
  const int pid = pids[input_.byte() % pids.size()];
  const auto& ours = test_.spawner.pids();
  if (std::find(ours.begin(), ours.end(), pid) == ours.end()) return;
  if (begun_.insert(pid).second) {
    if (how % 4 == 0) return test_.spawner.fail_start(pid, {ENOEXEC, "exec"});
    return static_cast<void>(test_.spawner.execute(pid));
  }
  switch (how % 3) {
    case 0:
      return test_.spawner.write_output(pid, std::string(std::size_t{16} << how % 12, 'o'));
    case 1:
      return test_.spawner.write_error(pid, "trouble\n");
    case 2:
      test_.spawner.end(pid, fakes::exited(how % 2), how >= 128);
  }
}

void Hostile::let_time_pass() {
  constexpr sys::Duration times[] = {1ms, 100ms, 1s, 6s, 25s, 2min};
  const std::uint8_t choice = input_.byte();
  const sys::Duration time = times[choice % std::size(times)];
  if (choice < 0x80) return pass(time);
  test_.clock.advance(time);
  busy_ = true;
}

void Hostile::invent_welcome() {
  const auto welcome = fuzz::invent_one<Welcome>(input_);
  test_.front_end.on_hello = [welcome](const Hello&) { return welcome; };
}

void Hostile::come_and_go() {
  switch (input_.byte() % 4) {
    case 0:
      return test_.front_end.drop_control();
    case 1:
      return test_.front_end.drop_bulk();
    case 2:
      return test_.front_end.close();
    case 3:
      static_cast<void>(test_.front_end.open());
  }
}

void Hostile::deed() {
  constexpr void (Hostile::*deeds[])() = {
      &Hostile::say_something, &Hostile::say_bulk,       &Hostile::answer_fetches, &Hostile::move_process,
      &Hostile::say_something, &Hostile::let_time_pass,  &Hostile::come_and_go,    &Hostile::break_something,
      &Hostile::say_bulk,      &Hostile::invent_welcome,
  };
  (this->*deeds[input_.byte() % std::size(deeds)])();
}

void Hostile::check_after() {
  auto& front_end = test_.front_end;
  front_end.close();
  front_end.received.clear();
  test_.faults.calls.clear();
  require(fuzz::bytes_in_use() - before_ < most_kept, "what a node keeps is bounded");
  if (powered_) return;
  front_end.on_hello = [&](const Hello&) { return front_end.welcome; };
  static_cast<void>(front_end.open());
  wait_for_node();
  front_end.received.clear();
  front_end.send(Ping{4711});
  front_end.work();
  const auto pongs = front_end.all<Pong>();
  require(pongs.size() == 1 && pongs[0].sequence == 4711, "a node answers a good front end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Hostile hostile(input);
  hostile.play();
  hostile.check_after();
  return 0;
}
