// The live connection, fed by a hostile peer in pieces of all sizes.
//
// Input: one byte that chooses the piece size, one that chooses the limits and when reading is paused, then what
// the peer sends. What has to hold, besides that nothing crashes or leaks: a message that is accepted, encoded again,
// gives the very bytes that came (one value has one encoding), the connection says why it ends, and it ends once.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "tests/fakes/fake_stream.h"
#include "transport/codec.h"
#include "transport/connection.h"
#include "transport/session.h"

namespace {

using namespace transport;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_every_session(std::uint16_t number) {
  bool anyone = false;
  for (const Side side : {Side::node, Side::front_end, Side::command}) {
    for (const auto kind : {ConnectionKind::control, ConnectionKind::bulk, ConnectionKind::command}) {
      for (const auto state : {SessionState::greeting, SessionState::joined}) {
        const auto status = check_legal(number, side, kind, state);
        require(status || !status.error().what.empty());
        anyone = anyone || status.has_value();
      }
    }
  }
  require(anyone);
}

bool of_another_version(const Message& message) {
  return std::visit(
      [](const auto& value) {
        if constexpr (requires { value.version == protocol_version; }) {
          return value.version != protocol_version;
        } else {
          return false;
        }
      },
      message);
}

class Peer final : public ConnectionHandler {
 public:
  Peer(std::span<const std::byte> sent, bool pausing) : sent_(sent), pausing_(pausing) {}

  void on_message(std::uint64_t request, Message message) override {
    require(ends_ == 0);
    if (of_another_version(message)) return connection->close("another version");
    Bytes frame;
    require(append_frame(message, request, frame).has_value());
    require(frame.size() <= sent_.size() && std::equal(frame.begin(), frame.end(), sent_.begin()));
    sent_ = sent_.subspan(frame.size());
    check_every_session(number_of(message));
    connection->send(message, request);
    if (pausing_) connection->pause();
  }
  void on_closed(const sys::Error& reason) override {
    require(!reason.text().empty());
    require(++ends_ == 1);
  }

  Connection* connection = nullptr;
  int ends() const { return ends_; }

 private:
  std::span<const std::byte> sent_;  // what has not been accounted for by messages
  bool pausing_;
  int ends_ = 0;
};

void run(std::span<const std::byte> sent, std::size_t piece, ConnectionLimits limits, bool pausing) {
  fakes::Faults faults;
  fakes::FakeClock clock(faults);
  fakes::FakeLoop loop(clock, faults);
  auto [ours, theirs] = fakes::FakeStream::pair(loop, faults);
  Peer peer(sent, pausing);
  Connection connection(loop, std::move(ours), make_clear_channel(), limits, peer);
  peer.connection = &connection;
  require(connection.start(false).has_value());

  theirs->set_piece(piece);
  theirs->put({reinterpret_cast<const char*>(sent.data()), sent.size()});
  loop.run_until_idle();
  const Bytes echo = theirs->take();
  require(echo.size() <= sent.size() && std::equal(echo.begin(), echo.end(), sent.begin()));

  theirs.reset();
  // Each turn of a pausing peer takes one message of at least a header.
  for (std::size_t i = 0; i <= sent.size() / FrameHeader::size + 1; ++i) {
    connection.resume();
    loop.run_until_idle();
  }
  require(peer.ends() == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] == 0 ? 1u << 20 : data[0];
  const ConnectionLimits limits{.body = (data[1] & 1) != 0 ? max_greeting_body : max_body,
                                .output_high = 512,
                                .output_limit = (data[1] & 2) != 0 ? 4096u : 1u << 20};
  run(std::as_bytes(std::span(data, size)).subspan(2), piece, limits, (data[1] & 4) != 0);
  return 0;
}
