#include "frontend/nodemaster/client.h"

#include "frontend/nodemaster/dispose.h"

namespace frontend {
namespace {

// A reply with all nodes, and what a job may hold back, fit in well.
constexpr transport::ConnectionLimits limits = {.body = transport::max_body};

}  // namespace

Client::Client(sys::Loop& loop, Desk& desk, sys::Listener::Accepted accepted, std::function<void()> gone)
    : loop_(loop),
      desk_(desk),
      gone_(std::move(gone)),
      peer_(loop, std::move(accepted), transport::make_clear_channel(), transport::Side::command, limits, *this) {
  peer_.hand_over(transport::ConnectionKind::command, limits, *this);
}

Client::~Client() {
  if (verb_) verb_->on_gone();
}

void Client::on_message(Peer&, std::uint64_t request, transport::Message message) {
  if (const auto* signal = std::get_if<transport::RunSignal>(&message)) {
    if (verb_) verb_->on_signal(signal->signal);
    return;
  }
  if (verb_) return peer_.send(transport::Failure{true, "one request at a time"}, request);
  request_ = request;
  verb_ = make_verb(std::move(message), desk_, *this);
  if (verb_) verb_->start();
}

void Client::on_drained(Peer&) {
  if (verb_) verb_->on_drained();
}

void Client::finish(const transport::Message& last) {
  send(last);
  drop_verb();
}

void Client::on_closed(Peer&, const sys::Error&) {
  if (verb_) verb_->on_gone();
  drop_verb();
  gone_();
}

void Client::drop_verb() { dispose_later(loop_, std::move(verb_)); }

}  // namespace frontend
