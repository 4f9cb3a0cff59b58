#include "transport/connection.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <new>
#include <optional>

#include "tests/fakes/fake_stream.h"
#include "tests/unit/transport_samples.h"
#include "transport/byte_queue.h"
#include "transport/codec.h"

using namespace transport;

namespace {

struct Recorder final : ConnectionHandler {
  void on_message(std::uint64_t request, Message message) override {
    requests.push_back(request);
    messages.push_back(std::move(message));
    if (act) act();
  }
  void on_drained() override { ++drained; }
  void on_closed(const sys::Error& reason) override { ends.push_back(reason.text()); }

  std::vector<std::uint64_t> requests;
  std::vector<Message> messages;
  std::vector<std::string> ends;
  int drained = 0;
  std::function<void()> act;  // on each message
};

// A connection whose peer is the test: raw bytes on `peer`.
struct Setting {
  explicit Setting(bool connecting = false, std::unique_ptr<Channel> channel = make_clear_channel(),
                   ConnectionLimits limits = {.body = max_body, .output_high = 4096, .output_limit = 65536}) {
    auto ends = connecting ? fakes::FakeStream::connecting_pair(loop, faults) : fakes::FakeStream::pair(loop, faults);
    peer = std::move(ends.second);
    connection.emplace(loop, std::move(ends.first), std::move(channel), limits, handler);
  }

  void start(bool connecting = false) { REQUIRE(connection->start(connecting)); }
  void receive(const Bytes& bytes) {
    peer->put({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    loop.run_until_idle();
  }

  fakes::Faults faults;
  fakes::FakeClock clock{faults};
  fakes::FakeLoop loop{clock, faults};
  Recorder handler;
  std::unique_ptr<fakes::FakeStream> peer;
  std::optional<Connection> connection;
};

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

using Ends = std::vector<std::string>;

}  // namespace

TEST_CASE("messages arrive whatever pieces they come in") {
  Bytes all;
  for (const Message& message : samples::one_of_each()) {
    const Bytes frame = samples::frame_of(message, number_of(message));
    all.insert(all.end(), frame.begin(), frame.end());
  }
  for (const std::size_t piece : {1u, 2u, 15u, 16u, 17u, 100u, 1u << 20}) {
    CAPTURE(piece);
    Setting s;
    s.start();
    s.peer->set_piece(piece);
    s.receive(all);
    CHECK(s.handler.ends == Ends{});
    REQUIRE(s.handler.messages.size() == samples::one_of_each().size());
    for (std::size_t i = 0; i < s.handler.messages.size(); ++i) {
      CHECK(number_of(s.handler.messages[i]) == s.handler.requests[i]);
      CHECK(samples::body_of(s.handler.messages[i]) == samples::body_of(samples::one_of_each()[i]));
    }
  }
}

TEST_CASE("the messages of one turn leave in one write") {
  Setting s;
  s.start();
  for (std::uint64_t i = 0; i < 20; ++i)
    s.connection->send(Ping{i}, i);
  CHECK(s.peer->waiting() == 0);
  s.loop.run_until_idle();
  CHECK(s.faults.count("write") == 1);
  CHECK(s.peer->waiting() == 20 * 24);
  CHECK(s.connection->pending_output() == 0);
}

TEST_CASE("what the peer does not take at once is sent when it does, in order") {
  Setting s;
  s.start();
  s.peer->set_capacity(30);
  Bytes expected;
  for (std::uint64_t i = 0; i < 50; ++i) {
    s.connection->send(Ping{i}, i);
    expected = joined({expected, samples::frame_of(Ping{i}, i)});
  }
  Bytes taken;
  for (int turn = 0; turn < 100; ++turn) {
    s.loop.run_until_idle();
    taken = joined({taken, s.peer->take()});
  }
  CHECK(taken == expected);
}

TEST_CASE("an idle connection does not ask for writability") {
  Setting s;
  s.start();
  s.connection->send(Ping{1});
  s.loop.run_until_idle();
  const auto wakeups = s.loop.wakeups();
  s.loop.run_until_idle();
  CHECK(s.loop.wakeups() - wakeups <= 1);
  CHECK(s.faults.count("write") == 1);
}

TEST_CASE("a reader who stops congests the connection, and drains it when it goes on") {
  Setting s;
  s.start();
  s.peer->set_capacity(100);
  for (int i = 0; i < 200; ++i)
    s.connection->send(Ping{});
  CHECK(s.connection->congested());
  CHECK(s.connection->pending_output() == 200 * 24);
  s.loop.run_until_idle();
  CHECK(s.connection->congested());
  CHECK(s.handler.drained == 0);
  s.peer->take();
  s.peer->set_capacity(1u << 20);
  s.loop.run_until_idle();
  CHECK_FALSE(s.connection->congested());
  CHECK(s.handler.drained == 1);
  CHECK(s.connection->pending_output() == 0);
}

TEST_CASE("a reader who never goes on is given up") {
  Setting s;
  s.start();
  s.peer->set_capacity(100);
  for (int i = 0; i < 65536 / 24 + 10; ++i)
    s.connection->send(Ping{});
  CHECK_FALSE(s.connection->open());
  CHECK(s.handler.ends.empty());
  s.loop.run_until_idle();
  REQUIRE(s.handler.ends.size() == 1);
  CHECK(s.handler.ends[0].starts_with("peer does not take what is sent to it: 655"));
}

TEST_CASE("the end of the peer is said once, after its last message") {
  Setting s;
  s.start();
  const Bytes frame = samples::frame_of(Ping{1});
  s.peer->put({reinterpret_cast<const char*>(frame.data()), frame.size()});
  s.peer.reset();
  s.loop.run_until_idle();
  CHECK(s.handler.messages.size() == 1);
  CHECK(s.handler.ends == Ends{"peer closed the connection"});
  s.connection->send(Ping{2});
  s.connection->close("again");
  s.loop.run_until_idle();
  CHECK(s.handler.ends.size() == 1);
  CHECK(s.loop.watches() == 0);
}

TEST_CASE("a frame that is cut short is said so") {
  Setting s;
  s.start();
  Bytes frame = samples::frame_of(Ping{1});
  frame.resize(20);
  s.receive(frame);
  s.peer.reset();
  s.loop.run_until_idle();
  CHECK(s.handler.messages.empty());
  CHECK(s.handler.ends == Ends{"peer closed the connection in the middle of a frame, after 20 bytes of it"});
}

TEST_CASE("a frame that is too long is refused before its body comes") {
  Setting s(false, make_clear_channel(), {});
  s.start();
  Bytes header;
  append_header({.body_size = 4097, .number = Hello::number}, header);
  s.receive(header);
  CHECK(s.handler.ends == Ends{"refused: a frame (Hello) of 4097 bytes, at most 4096 are allowed now"});
}

TEST_CASE("limits that are raised hold from the next frame on") {
  Setting s(false, make_clear_channel(), {});
  s.start();
  s.handler.act = [&] { s.connection->set_limits({.body = max_body}); };
  s.receive(joined({samples::frame_of(Ping{1}), samples::frame_of(StatusRequest{std::string(5000, 'x')})}));
  CHECK(s.handler.messages.size() == 2);
  CHECK(s.handler.ends.empty());
}

TEST_CASE("a body that makes no sense is refused by name") {
  Setting s;
  s.start();
  Bytes frame;
  append_header({.body_size = 3, .number = Ping::number}, frame);
  frame.resize(frame.size() + 3);
  s.receive(frame);
  CHECK(s.handler.ends == Ends{"refused: Ping: cut short: 8 bytes expected, 3 left"});
}

TEST_CASE("a message of our own that cannot be sent ends the connection with the reason") {
  Setting s;
  s.start();
  s.connection->send(Launch{.program = std::string(5000, 'x')});
  s.loop.run_until_idle();
  CHECK(s.handler.ends == Ends{"cannot send: Launch: program has 5000, at most 4096 are allowed"});
}

TEST_CASE("a connection may be closed from within its handler") {
  Setting s;
  s.start();
  s.handler.act = [&] { s.connection->close("enough"); };
  s.receive(joined({samples::frame_of(Ping{1}), samples::frame_of(Ping{2})}));
  CHECK(s.handler.messages.size() == 1);
  CHECK(s.handler.ends == Ends{"enough"});
  CHECK(s.peer->peer_closed());
}

TEST_CASE("a connection may be destroyed from within its handler") {
  Setting s;
  s.start();
  s.handler.act = [&] { s.connection.reset(); };
  s.receive(joined({samples::frame_of(Ping{1}), samples::frame_of(Ping{2})}));
  CHECK(s.handler.messages.size() == 1);
  CHECK(s.handler.ends.empty());
  CHECK(s.peer->peer_closed());
}

TEST_CASE("closing with a flush sends what the socket takes") {
  Setting s;
  s.start();
  s.connection->send(Refused{protocol_version, "go away"});
  s.connection->close("stranger", true);
  CHECK(s.handler.ends.empty());
  s.loop.run_until_idle();
  CHECK(s.handler.ends == Ends{"stranger"});
  CHECK(s.peer->take() == samples::frame_of(Refused{protocol_version, "go away"}));
}

TEST_CASE("a paused connection keeps what has come, and reads no more") {
  Setting s;
  s.start();
  s.handler.act = [&] { s.connection->pause(); };
  s.receive(joined({samples::frame_of(Ping{1}), samples::frame_of(Ping{2}), samples::frame_of(Ping{3})}));
  CHECK(s.handler.messages.size() == 1);
  s.receive(samples::frame_of(Ping{4}));
  CHECK(s.peer->unread() == 24);
  for (std::size_t n = 2; n <= 4; ++n) {
    s.connection->resume();
    CHECK(s.handler.messages.size() == n - 1);
    s.loop.run_until_idle();
    CHECK(s.handler.messages.size() == n);
    CHECK(std::get<Ping>(s.handler.messages.back()).sequence == n);
  }
}

TEST_CASE("a paused connection whose peer is gone delivers what had come, then the end") {
  Setting s;
  s.start();
  s.handler.act = [&] { s.connection->pause(); };
  s.receive(joined({samples::frame_of(Ping{1}), samples::frame_of(Ping{2})}));
  s.peer.reset();
  s.loop.run_until_idle();
  CHECK(s.handler.ends.empty());
  s.handler.act = nullptr;
  s.connection->resume();
  s.loop.run_until_idle();
  CHECK(s.handler.messages.size() == 2);
  CHECK(s.handler.ends == Ends{"peer closed the connection"});
}

TEST_CASE("an exception of the handler costs one message and no more") {
  Setting s;
  s.start();
  s.handler.act = [&] {
    s.handler.act = nullptr;
    throw std::bad_alloc();
  };
  const Bytes frames = joined({samples::frame_of(Ping{1}), samples::frame_of(Ping{2})});
  CHECK_THROWS_AS(s.receive(frames), std::bad_alloc);
  s.loop.run_until_idle();
  CHECK(s.handler.messages.size() == 2);
  CHECK(s.handler.ends.empty());
}

TEST_CASE("nothing is written before the connect has succeeded") {
  Setting s(true);
  s.start(true);
  s.connection->send(Ping{1});
  s.loop.run_until_idle();
  CHECK(s.faults.count("write") == 0);
  s.peer->settle();
  s.loop.run_until_idle();
  CHECK(s.peer->take() == samples::frame_of(Ping{1}));
}

TEST_CASE("a connect that fails is the end, with the kernel's reason") {
  Setting s(true);
  s.start(true);
  s.peer->settle(ECONNREFUSED);
  s.loop.run_until_idle();
  REQUIRE(s.handler.ends.size() == 1);
  CHECK(s.handler.ends[0].find("(errno 111)") != std::string::npos);
}

TEST_CASE("a peer that closes after saying why is heard, also when we were writing to it") {
  Setting s;
  s.start();
  const Bytes frame = samples::frame_of(Refused{protocol_version, "another node has this address"});
  s.peer->put({reinterpret_cast<const char*>(frame.data()), frame.size()});
  s.peer.reset();
  s.connection->send(Pong{});  // the write, deferred, comes before the read
  s.loop.run_until_idle();
  REQUIRE(s.handler.messages.size() == 1);
  CHECK(std::get<Refused>(s.handler.messages[0]).reason == "another node has this address");
  CHECK(s.handler.ends.size() == 1);
}

TEST_CASE("one event takes a bounded number of bytes") {
  Setting s;
  s.start();
  std::size_t most = 0;
  std::size_t before = 0;
  const Bytes frame = samples::frame_of(Block{.data = Bytes(60000)});
  for (int i = 0; i < 20; ++i)
    s.peer->put({reinterpret_cast<const char*>(frame.data()), frame.size()});
  s.handler.act = [&] {
    s.loop.defer([&] {  // once per turn
      most = std::max(most, s.handler.messages.size() - before);
      before = s.handler.messages.size();
    });
  };
  s.loop.run_until_idle();
  CHECK(s.handler.messages.size() == 20);
  CHECK(most <= 3);
}

namespace {

// A channel that begins with a greeting, is established by the peer's, and adds one to every byte.
class ShiftingChannel final : public Channel {
 public:
  sys::Status begin(Bytes& wire) override {
    wire.push_back(std::byte{'!'});
    return {};
  }
  sys::Status receive(std::span<const std::byte> bytes, Bytes& clear, Bytes&) override {
    if (fail_receiving) throw std::bad_alloc();
    for (const std::byte byte : bytes) {
      if (established_) {
        clear.push_back(static_cast<std::byte>(static_cast<unsigned>(byte) - 1));
      } else if (byte == std::byte{'!'}) {
        established_ = true;
      } else {
        return sys::refusal("a wrong key");
      }
    }
    return {};
  }
  void seal(std::span<const std::byte> clear, Bytes& wire) override {
    if (fail_sealing) throw std::bad_alloc();
    sealed.push_back(clear.size());
    for (const std::byte byte : clear)
      wire.push_back(static_cast<std::byte>(static_cast<unsigned>(byte) + 1));
  }
  bool established() const override { return established_; }
  std::size_t incomplete() const override { return 0; }
  ChannelFault fault() const override { return ChannelFault::none; }
  std::string_view description() const override { return "shifted"; }

  bool fail_sealing = false;
  bool fail_receiving = false;
  std::vector<std::size_t> sealed;  // sizes

 private:
  bool established_ = false;
};

Bytes shifted(Bytes bytes) {
  for (std::byte& byte : bytes)
    byte = static_cast<std::byte>(static_cast<unsigned>(byte) + 1);
  return bytes;
}

}  // namespace

TEST_CASE("what is sent before the channel is established waits for it") {
  Setting s(false, std::make_unique<ShiftingChannel>());
  s.start();
  s.connection->send(Ping{1});
  s.loop.run_until_idle();
  CHECK(s.peer->take() == samples::bytes_of("!"));
  s.receive(joined({samples::bytes_of("!"), shifted(samples::frame_of(Ping{2}))}));
  CHECK(s.peer->take() == shifted(samples::frame_of(Ping{1})));
  REQUIRE(s.handler.messages.size() == 1);
  CHECK(std::get<Ping>(s.handler.messages[0]).sequence == 2);
}

TEST_CASE("a large message is sealed piece by piece, as the peer takes it") {
  auto channel = std::make_unique<ShiftingChannel>();
  const auto& sealed = channel->sealed;
  Setting s(false, std::move(channel), {.body = max_body, .output_high = 4096, .output_limit = 16u << 20});
  s.start();
  s.receive(samples::bytes_of("!"));
  CHECK(s.peer->take() == samples::bytes_of("!"));
  s.peer->set_capacity(100);
  const Block block{.data = Bytes(1u << 20)};
  s.connection->send(block, 7);
  s.loop.run_until_idle();
  REQUIRE(sealed.size() == 1);  // the peer has not taken the first piece
  CHECK(s.connection->congested());
  Bytes taken = s.peer->take();
  s.peer->set_capacity(4u << 20);
  s.loop.run_until_idle();
  taken = joined({taken, s.peer->take()});
  CHECK(taken == shifted(samples::frame_of(block, 7)));
  CHECK(*std::max_element(sealed.begin(), sealed.end()) <= 64u << 10);
  CHECK_FALSE(s.connection->congested());
  CHECK(s.handler.drained == 1);
  CHECK(s.connection->pending_output() == 0);
}

TEST_CASE("one turn writes a bounded number of pieces") {
  Setting s(false, make_clear_channel(), {.body = max_body, .output_high = 4096, .output_limit = 16u << 20});
  s.start();
  s.peer->set_capacity(8u << 20);
  for (int i = 0; i < 3; ++i)
    s.connection->send(Block{.data = Bytes(1u << 20)});
  std::size_t after_one_turn = 0;
  s.loop.defer([&] { after_one_turn = s.peer->waiting(); });  // behind the flush
  s.loop.run_until_idle();
  CHECK(after_one_turn > 0);
  CHECK(after_one_turn <= 1u << 20);
  CHECK(s.peer->waiting() > 3u << 20);
}

TEST_CASE("what is sent long before the start is sent when it comes") {
  Setting s;
  s.connection->send(Ping{1});
  s.loop.run_until_idle();
  CHECK(s.peer->waiting() == 0);
  s.start();
  s.loop.run_until_idle();
  CHECK(s.peer->take() == samples::frame_of(Ping{1}));
}

TEST_CASE("without memory for sealing the connection ends, and does not wait for ever") {
  auto channel = std::make_unique<ShiftingChannel>();
  bool& fail_sealing = channel->fail_sealing;
  Setting s(false, std::move(channel));
  s.start();
  s.receive(samples::bytes_of("!"));
  fail_sealing = true;
  s.connection->send(Ping{1});
  s.loop.run_until_idle();
  REQUIRE(s.handler.ends.size() == 1);
  CHECK(s.handler.ends[0].find("seal") != std::string::npos);
}

TEST_CASE("without memory for what comes the connection ends, and takes nothing that is left for forged") {
  auto channel = std::make_unique<ShiftingChannel>();
  bool& fail_receiving = channel->fail_receiving;
  Setting s(false, std::move(channel));
  s.start();
  s.receive(samples::bytes_of("!"));
  fail_receiving = true;
  s.receive(shifted(samples::frame_of(Ping{1})));
  REQUIRE(s.handler.ends.size() == 1);
  CHECK(s.handler.ends[0].starts_with("take what has come: "));
  CHECK(s.loop.watches() == 0);
}

TEST_CASE("without memory for the call that says so, the end of a connection is said all the same, and once") {
  const auto check_end = [](Setting& s, const std::string& reason) {
    CHECK_FALSE(s.connection->open());
    CHECK(s.handler.ends == Ends{});
    CHECK(s.loop.failing_defers == 0);
    s.loop.run_until_idle();
    CHECK(s.handler.ends == Ends{reason});
    CHECK(s.loop.watches() == 0);
    CHECK(s.peer->peer_closed());
  };
  SUBCASE("closed") {
    Setting s;
    s.start();
    s.loop.failing_defers = 1;
    s.connection->close("enough");
    check_end(s, "enough");
  }
  SUBCASE("closed while it is paused and its peer takes nothing") {
    Setting s;
    s.start();
    s.peer->set_capacity(1);
    s.connection->send(Ping{1});
    s.connection->pause();
    s.loop.run_until_idle();
    s.loop.failing_defers = 1;
    s.connection->close("enough");
    check_end(s, "enough");
  }
  SUBCASE("closed while it connects") {
    Setting s(true);
    s.start(true);
    s.loop.failing_defers = 1;
    s.connection->close("enough");
    check_end(s, "enough");
  }
  SUBCASE("left by its peer") {
    Setting s;
    s.start();
    s.peer->shut();
    s.loop.failing_defers = 1;
    s.loop.run_until_idle();
    CHECK(s.handler.ends == Ends{"peer closed the connection"});
    CHECK(s.loop.failing_defers == 0);
    CHECK(s.loop.watches() == 0);
  }
  SUBCASE("destroyed before it is said") {
    Setting s;
    s.start();
    s.loop.failing_defers = 1;
    s.connection->close("enough");
    s.connection.reset();
    s.loop.run_until_idle();
    CHECK(s.handler.ends == Ends{});
    CHECK(s.loop.watches() == 0);
  }
  SUBCASE("not started") {
    Setting s;
    s.loop.failing_defers = 1;
    CHECK_THROWS_AS(s.connection->close("enough"), std::bad_alloc);
    CHECK(s.connection->open());
    s.connection->close("enough");
    s.loop.run_until_idle();
    CHECK(s.handler.ends == Ends{"enough"});
  }
}

TEST_CASE("a byte queue keeps its memory while it is in use, and gives it back when told") {
  ByteQueue queue;
  queue.tail().resize(100'000);
  const std::byte* const memory = queue.tail().data();
  queue.consume(40'000);
  CHECK(queue.size() == 60'000);
  queue.give_back();  // is not empty
  queue.consume(60'000);
  queue.tail().resize(100'000);
  CHECK(queue.tail().data() == memory);
  queue.consume(70'000);
  CHECK(queue.tail().size() == 30'000);  // what has left makes room
  CHECK(queue.size() == 30'000);
  queue.consume(30'000);
  queue.give_back();
  CHECK(queue.tail().capacity() <= ByteQueue::kept_capacity);
}

TEST_CASE("what the channel refuses ends the connection") {
  Setting s(false, std::make_unique<ShiftingChannel>());
  s.start();
  s.receive(samples::bytes_of("?"));
  CHECK(s.handler.ends == Ends{"refused: a wrong key"});
}

TEST_CASE("whichever call fails, the connection ends once or not at all, and leaves nothing behind") {
  int n = 1;
  for (;; ++n) {
    CAPTURE(n);
    Setting s(true);
    s.faults.fail_at = n;
    const bool started = s.connection->start(true).has_value();
    s.peer->settle();
    s.peer->set_capacity(10);
    s.connection->send(Pong{});
    s.loop.run_until_idle();
    s.peer->set_capacity(1000);
    s.receive(samples::frame_of(Ping{1}));
    if (!s.faults.fired()) {
      CHECK(s.handler.messages.size() == 1);
      break;
    }
    CHECK(s.handler.ends.size() == (started ? 1 : 0));
    CHECK(s.loop.watches() == 0);
    CHECK(s.peer->peer_closed() == started);
  }
  CHECK(n > 5);
}
