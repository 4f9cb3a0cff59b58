#include "nodeinit/line.h"

#include <utility>

#include "sys/text.h"
#include "transport/codec.h"

namespace node {

namespace {

constexpr sys::BackoffPolicy retry_policy = {.cap = std::chrono::seconds(10)};
constexpr unsigned unacknowledged_limit_ms = 15000;

bool is_power_of_two(unsigned number) { return (number & (number - 1)) == 0; }

}  // namespace

Line::Line(sys::Loop& loop, sys::Sockets& sockets, sys::Log& log, std::function<std::uint64_t()> random,
           std::string name, transport::ConnectionKind kind, Hooks hooks)
    : loop_(loop),
      sockets_(sockets),
      log_(log),
      name_(std::move(name)),
      kind_(kind),
      hooks_(std::move(hooks)),
      backoff_(retry_policy, std::move(random)),
      retry_(loop) {}

void Line::open(sys::TcpAddress to) {
  to_ = to;
  settle();
  connect();
}

void Line::shut() {
  retry_.cancel();
  connection_.reset();
}

void Line::fail(std::string reason) {
  if (connection_) connection_->close(std::move(reason));
}

void Line::recognised() {
  session_ = transport::SessionState::joined;
  if (connection_) connection_->set_limits({.body = transport::max_body});
}

void Line::send(const transport::Message& message, std::uint64_t request) {
  if (connection_) connection_->send(message, request);
}

void Line::connect() {
  session_ = transport::SessionState::greeting;
  // Armed first: should memory run out on the way, the next try still comes.
  retry_.set(retry_policy.cap, [this] { connect(); });
  if (sys::Status status = try_to_connect(); !status) return over(status.error().text());
  retry_.cancel();
}

sys::Status Line::try_to_connect() {
  connection_.reset();
  auto stream = sockets_.connect_tcp(to_, unacknowledged_limit_ms);
  if (!stream) return tl::unexpected(stream.error());
  auto channel = hooks_.channel();
  protection_ = channel->description();
  transport::ConnectionHandler& self = *this;
  auto connection = std::make_unique<transport::Connection>(loop_, std::move(*stream), std::move(channel),
                                                            transport::ConnectionLimits{}, self);
  if (sys::Status status = connection->start(true); !status) return status;
  connection_ = std::move(connection);
  connection_->send(hooks_.greeting());
  hooks_.begun();
  return {};
}

void Line::on_message(std::uint64_t request, transport::Message message) {
  const sys::Status legal =
      transport::check_legal(transport::number_of(message), transport::Side::front_end, kind_, session_);
  if (!legal) return fail(sys::cat("refused: ", legal.error().text()));
  if (session_ == transport::SessionState::joined) settle();
  hooks_.message(request, std::move(message));
}

// The connection is of use. Not before: a front end that takes connections and drops them again is asked ever more
// slowly.
void Line::settle() {
  backoff_.reset();
  complaint_.clear();
}

void Line::on_drained() { hooks_.drained(); }

void Line::on_closed(const sys::Error& reason) { over(reason.text()); }

void Line::over(const std::string& reason) {
  connection_.reset();
  const sys::Duration delay = backoff_.next();
  retry_.set(delay, [this] { connect(); });
  complain(reason, delay);
  hooks_.ended(reason);
}

void Line::complain(const std::string& reason, sys::Duration delay) {
  if (reason == complaint_ && !is_power_of_two(backoff_.tries())) return;
  complaint_ = reason;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(delay).count();
  log_.warning("no connection to the ", name_, " at ", sys::format_address(to_), ": ", reason, "; try ",
               backoff_.tries() + 1, " in ", ms, " ms");
}

}  // namespace node
