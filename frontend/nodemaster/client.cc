#include "frontend/nodemaster/client.h"

#include <utility>

#include "frontend/nodemaster/dispose.h"
#include "sys/text.h"
#include "transport/codec.h"

namespace frontend {
namespace {

bool is_of_a_run(const transport::Message& message) {
  return std::holds_alternative<transport::RunSignal>(message) ||
         std::holds_alternative<transport::RunGhosts>(message) ||
         std::holds_alternative<transport::RunCredit>(message) || std::holds_alternative<transport::RunAck>(message) ||
         std::holds_alternative<transport::RunInput>(message) ||
         std::holds_alternative<transport::RunResize>(message) ||
         std::holds_alternative<transport::RunProcessSignal>(message);
}

// A reply with all nodes, and what a job may hold back, fit in well.
constexpr transport::ConnectionLimits limits = {.body = transport::max_body, .output_limit = 64u << 20};

}  // namespace

Client::Client(sys::Loop& loop, Desk& desk, sys::Listener::Accepted accepted, ClientEvents& events)
    : loop_(loop),
      desk_(desk),
      events_(events),
      credentials_{accepted.uid, accepted.gid, std::move(accepted.groups)},
      pid_(accepted.pid),
      peer_(loop, std::move(accepted), transport::make_clear_channel(), transport::Side::command, limits, *this),
      idle_(loop),
      next_turn_(loop) {
  peer_.hand_over(transport::ConnectionKind::command, limits, *this);
}

Client::~Client() {
  if (verb_) verb_->on_gone();
}

sys::Status Client::start() {
  rest();
  return peer_.start();
}

void Client::on_message(Peer&, std::uint64_t request, transport::Message message) {
  rest_this_turn();
  if (is_of_a_run(message)) return on_run_message(message);
  if (peer_.congested()) return end(ClientEnd::not_reading, "asks for more without reading what it was sent");
  if (verb_) return peer_.send(transport::Failure{true, "one request at a time"}, request);
  if (const auto allowed = events_.on_request(*this, message); !allowed) {
    return peer_.send(transport::Failure{false, allowed.error().what}, request);
  }
  idle_.cancel();
  request_ = request;
  refused_ = false;
  const std::string name = transport::name_of_number(transport::number_of(message));
  verb_ = make_verb(std::move(message), desk_, *this);
  if (!verb_) {
    peer_.send(transport::Failure{true, sys::cat("this nodemaster has no answer to ", name)}, request);
    return rest();
  }
  verb_->start();
}

void Client::rest_this_turn() {
  next_turn_.set(sys::Duration::zero(), [this] { peer_.resume(); });
  peer_.pause();
}

// It reaches the client's own run and nothing else.
void Client::on_run_message(transport::Message& message) {
  if (verb_ && events_.on_request(*this, message)) verb_->on_run_message(message);
}

void Client::on_drained(Peer&) {
  if (verb_) verb_->on_drained();
}

// A connection that sending ends is not over for what the client sent.
void Client::send(const transport::Message& message) {
  if (!peer_.open()) return;
  const bool slow = peer_.congested();
  peer_.send(message, request_);
  if (!peer_.open()) end_ = slow ? ClientEnd::not_reading : ClientEnd::unanswerable;
}

void Client::note_refused(std::string_view what) {
  if (!std::exchange(refused_, true)) events_.on_refused(*this, what);
}

void Client::finish(const transport::Message& last) {
  send(last);
  drop_verb();
  rest();
}

// Whoever reads slowly is not idle.
void Client::rest() {
  idle_.set(idle_limit, [this] {
    if (!peer_.drained()) return rest();
    end(ClientEnd::idle, sys::cat("made no request for ", idle_limit / std::chrono::seconds(1), " s"));
  });
}

void Client::end(ClientEnd end, const std::string& reason) {
  if (!peer_.open()) return;
  end_ = end;
  peer_.send(transport::Failure{false, sys::cat("nodemaster closes this connection, which ", reason)});
  peer_.close(reason, true);
}

void Client::on_closed(Peer&, const sys::Error& reason) {
  if (verb_) verb_->on_gone();
  drop_verb();
  idle_.cancel();
  next_turn_.cancel();
  // When neither the peer left, nor its socket failed, nor we had enough of it, nor failed to answer, then it was for
  // what it sent.
  if (end_ == ClientEnd::gone && !peer_.left() && reason.code == 0) end_ = ClientEnd::malformed;
  events_.on_client_over(*this, end_, reason);
}

void Client::drop_verb() { dispose_later(loop_, std::move(verb_)); }

}  // namespace frontend
