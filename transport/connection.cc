#include "transport/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "sys/text.h"
#include "transport/byte_queue.h"
#include "transport/codec.h"
#include "transport/secure_channel.h"

namespace transport {

namespace {

constexpr std::size_t read_size = 64u << 10;        // bytes per read(2)
constexpr std::size_t turn_budget = 2 * read_size;  // bytes per readiness event
// Output is made fit for the wire in pieces, each when the socket has taken the one before: what has been sealed is
// still in the processor's cache when it is written, and a large message is not held twice.
constexpr std::size_t piece_size = 4 * (max_record - record_overhead);  // bytes, clear: of four full records
constexpr unsigned turn_pieces = 16;                                    // per readiness event

enum class Phase { fresh, connecting, open, over };

bool has(sys::Ready ready, sys::Ready what) {
  return (static_cast<unsigned>(ready) & static_cast<unsigned>(what)) != 0;
}

// Without memory for a part of what passes, the rest would be of no use: it is an error, which ends the connection.
template <class Work> auto as_memory_allows(const char* what, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return sys::failure(ENOMEM, what);
  }
}

}  // namespace

struct Connection::State : std::enable_shared_from_this<Connection::State> {
  State(sys::Loop& loop_of, std::unique_ptr<sys::Stream> stream_of, std::unique_ptr<Channel> channel_of,
        ConnectionLimits limits_of, ConnectionHandler& handler_of)
      : loop(loop_of),
        stream(std::move(stream_of)),
        channel(std::move(channel_of)),
        limits(limits_of),
        handler(&handler_of) {}

  sys::Status start(bool connecting);
  void on_ready(sys::Ready ready);
  void finish_connect();

  void read_turn();
  void take(std::span<const std::byte> bytes);
  sys::Status receive(std::span<const std::byte> bytes);
  sys::Result<Message> decode_body(const FrameHeader& header);
  void deliver();
  void hand_over(std::uint64_t request, Message message);

  void queue(const Message& message, std::uint64_t request);
  sys::Status seal_piece();
  void flush();
  sys::Status write_some();
  sys::Status write_once();
  std::size_t pending() const { return output.size() + waiting.size(); }
  void give_back();

  sys::Ready wanted() const;
  void adjust_watch();
  void defer(void (State::*what)());
  void schedule_flush();
  void end(sys::Error why);
  bool report_when_ready();
  void release();
  void report_end();
  sys::Error end_of_stream() const;

  sys::Loop& loop;
  std::unique_ptr<sys::Stream> stream;
  std::unique_ptr<Channel> channel;
  ConnectionLimits limits;
  ConnectionHandler* handler;  // null once the Connection is destroyed

  Phase phase = Phase::fresh;
  sys::WatchId watch = 0;
  sys::Ready interest = sys::Ready::none;
  ByteQueue input;    // clear
  ByteQueue waiting;  // clear: until the channel is established, and until the output before it has left
  ByteQueue output;   // fit for the wire
  bool paused = false;
  bool congested = false;
  bool peer_left = false;
  bool blocked = false;  // the stream has not taken all of the output
  bool flush_scheduled = false;
  sys::Error reason;
};

// ---------------------------------------------------------------- life

sys::Status Connection::State::start(bool connecting) {
  phase = connecting ? Phase::connecting : Phase::open;
  if (const auto begun = channel->begin(output.tail()); !begun) {
    phase = Phase::over;
    return begun;
  }
  if (pending() > 0) schedule_flush();
  interest = wanted();
  const auto made = loop.watch(stream->fd(), interest, [weak = weak_from_this()](sys::Ready ready) {
    if (const auto self = weak.lock()) self->on_ready(ready);
  });
  if (!made) {
    phase = Phase::over;
    return tl::unexpected(made.error());
  }
  watch = *made;
  return {};
}

void Connection::State::on_ready(sys::Ready ready) {
  if (phase == Phase::over) {
    release();
    return report_end();
  }
  if (phase == Phase::connecting) return finish_connect();
  if (has(ready, sys::Ready::read)) read_turn();
  if (has(ready, sys::Ready::write) && blocked) flush();
  give_back();
}

void Connection::State::finish_connect() {
  const sys::Status connected = stream->connect_result();
  if (!connected) return end(connected.error());
  phase = Phase::open;
  adjust_watch();
  flush();
}

void Connection::State::end(sys::Error why) {
  if (phase == Phase::over) return;
  const Phase before = std::exchange(phase, Phase::over);
  reason = std::move(why);
  try {
    defer(&State::report_end);
  } catch (const std::bad_alloc&) {
    if (watch != 0 && report_when_ready()) return;
    phase = before;
    throw;
  }
  release();
}

// The socket's own readiness takes the place of a deferred call that there is no memory for. False: the loop cannot
// watch it any more.
bool Connection::State::report_when_ready() {
  if (!loop.change(watch, sys::Ready::both)) return false;
  stream->shut();
  return true;
}

void Connection::State::release() {
  loop.unwatch(watch);
  stream.reset();
  output.clear();
  waiting.clear();
}

void Connection::State::report_end() {
  if (handler != nullptr) handler->on_closed(reason);
}

sys::Error Connection::State::end_of_stream() const {
  if (!channel->established()) return {0, "peer closed the connection during the handshake"};
  if (channel->incomplete() > 0) {
    return {0, sys::cat("peer closed the connection in the middle of a record, after ", channel->incomplete(),
                        " bytes of it")};
  }
  if (input.empty()) return {0, "peer closed the connection"};
  return {0, sys::cat("peer closed the connection in the middle of a frame, after ", input.size(), " bytes of it")};
}

// Calls `what` from the loop if this still exists then.
void Connection::State::defer(void (State::*what)()) {
  loop.defer([weak = weak_from_this(), what] {
    const auto self = weak.lock();
    if (!self) return;
    (self.get()->*what)();
    self->give_back();
  });
}

// ---------------------------------------------------------------- input

void Connection::State::read_turn() {
  std::array<std::byte, read_size> scratch;  // not initialised on purpose
  for (std::size_t taken = 0; phase == Phase::open && !paused && taken < turn_budget;) {
    const auto got = stream->read(scratch);
    if (!got && got.error().code == EAGAIN) return;
    if (!got || *got == 0) {
      peer_left = true;
      return end(got ? end_of_stream() : got.error());
    }
    taken += *got;
    take(std::span(scratch).first(*got));
    if (*got < scratch.size()) return;  // what came meanwhile is another event
  }
}

void Connection::State::take(std::span<const std::byte> bytes) {
  const std::size_t before = output.size();
  if (auto status = receive(bytes); !status) {
    // With an answer that tells the peer why; if it cannot be sent at once, the peer has to do without.
    static_cast<void>(write_once());
    return end(std::move(status).error());
  }
  if (output.size() > before || (!waiting.empty() && channel->established())) schedule_flush();
  deliver();
}

sys::Status Connection::State::receive(std::span<const std::byte> bytes) {
  return as_memory_allows("take what has come", [&]() -> sys::Status {
    const auto status = channel->receive(bytes, input.tail(), output.tail());
    return status ? status : sys::within("refused", status.error());
  });
}

sys::Result<Message> Connection::State::decode_body(const FrameHeader& header) {
  return as_memory_allows("take a message", [&]() -> sys::Result<Message> {
    auto message = decode(header.number, input.data().subspan(FrameHeader::size, header.body_size));
    if (!message) return sys::within("refused", message.error());
    return message;
  });
}

void Connection::State::deliver() {
  while (phase != Phase::over && !paused) {
    const auto header = read_header(input.data(), limits.body);
    if (!header) return end(sys::within("refused", header.error()).value());
    if (!*header || input.size() < FrameHeader::size + (*header)->body_size) return;
    auto message = decode_body(**header);
    if (!message) return end(message.error());
    input.consume(FrameHeader::size + (*header)->body_size);
    hand_over((*header)->request, std::move(*message));
  }
}

void Connection::State::hand_over(std::uint64_t request, Message message) {
  try {
    handler->on_message(request, std::move(message));
  } catch (...) {
    defer(&State::deliver);  // the loop reports it; this message is lost, those behind it are not
    throw;
  }
}

// ---------------------------------------------------------------- output

void Connection::State::queue(const Message& message, std::uint64_t request) {
  if (phase == Phase::over) return;
  if (const auto status = append_frame(message, request, waiting.tail()); !status) {
    return end(sys::within("cannot send", status.error()).value());
  }
  if (channel->established()) schedule_flush();
  congested = congested || pending() > limits.output_high;
  if (pending() > limits.output_limit) {
    end({0, sys::cat("peer does not take what is sent to it: ", pending(), " bytes wait")});
  }
}

sys::Status Connection::State::seal_piece() {
  if (waiting.empty() || !channel->established()) return {};
  const std::size_t size = std::min(waiting.size(), piece_size);
  return as_memory_allows("seal what is sent", [&]() -> sys::Status {
    channel->seal(waiting.data().first(size), output.tail());
    waiting.consume(size);
    return {};
  });
}

void Connection::State::schedule_flush() {
  if (flush_scheduled || blocked) return;
  defer(&State::flush);
  flush_scheduled = true;
}

void Connection::State::flush() {
  flush_scheduled = false;
  if (phase != Phase::open) return;
  if (const auto status = write_some(); !status) {
    read_turn();  // the peer may have said why it went
    return end(status.error());
  }
  blocked = !output.empty() || (!waiting.empty() && channel->established());
  adjust_watch();
  if (phase == Phase::open && congested && pending() <= limits.output_high) {
    congested = false;
    handler->on_drained();
  }
}

// As much as the socket takes, within what one turn may take.
sys::Status Connection::State::write_some() {
  for (unsigned i = 0; i < turn_pieces; ++i) {
    if (output.empty()) {
      if (const auto status = seal_piece(); !status) return status;
    }
    if (const auto status = write_once(); !status) return status;
    if (!output.empty() || waiting.empty()) return {};
  }
  return {};
}

sys::Status Connection::State::write_once() {
  if (output.empty()) return {};
  const auto written = stream->write(output.data());
  if (!written && written.error().code != EAGAIN) return tl::unexpected(written.error());
  if (written) output.consume(*written);
  return {};
}

// At the end of a turn: what is empty by now has nothing to do for a while.
void Connection::State::give_back() {
  input.give_back();
  waiting.give_back();
  output.give_back();
}

// ---------------------------------------------------------------- readiness

sys::Ready Connection::State::wanted() const {
  const bool read = phase == Phase::open && !paused;
  const bool write = phase == Phase::connecting || blocked;
  return static_cast<sys::Ready>((read ? 1u : 0u) | (write ? 2u : 0u));
}

// Makes the loop watch for what is of use now.
void Connection::State::adjust_watch() {
  if (phase == Phase::fresh || phase == Phase::over || interest == wanted()) return;
  interest = wanted();
  if (const auto status = loop.change(watch, interest); !status) end(status.error());
}

// ---------------------------------------------------------------- what users see

Connection::Connection(sys::Loop& loop, std::unique_ptr<sys::Stream> stream, std::unique_ptr<Channel> channel,
                       ConnectionLimits limits, ConnectionHandler& handler)
    : state_(std::make_shared<State>(loop, std::move(stream), std::move(channel), limits, handler)) {}

Connection::~Connection() {
  state_->handler = nullptr;
  state_->phase = Phase::over;
  state_->loop.unwatch(state_->watch);
  state_->stream.reset();
}

sys::Status Connection::start(bool connecting) { return state_->start(connecting); }

void Connection::send(const Message& message, std::uint64_t request) { state_->queue(message, request); }

bool Connection::congested() const { return state_->congested; }

std::size_t Connection::pending_output() const { return state_->pending(); }

void Connection::set_limits(ConnectionLimits limits) { state_->limits = limits; }

void Connection::pause() {
  state_->paused = true;
  state_->adjust_watch();
}

void Connection::resume() {
  if (!std::exchange(state_->paused, false)) return;
  state_->adjust_watch();
  state_->defer(&State::deliver);
}

void Connection::close(std::string reason, bool flush) {
  // A failed last write changes nothing: the connection ends for the reason given.
  if (flush && state_->phase == Phase::open) static_cast<void>(state_->write_some());
  state_->end({0, std::move(reason)});
}

bool Connection::open() const { return state_->phase != Phase::over; }

bool Connection::established() const { return state_->channel->established(); }

bool Connection::peer_left() const { return state_->peer_left; }

ChannelFault Connection::fault() const { return state_->channel->fault(); }

std::string_view Connection::protection() const { return state_->channel->description(); }

}  // namespace transport
