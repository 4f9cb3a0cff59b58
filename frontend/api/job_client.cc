#include "frontend/api/job_client.h"

#include <cerrno>
#include <utility>

#include "sys/epoll_loop.h"
#include "transport/codec.h"
#include "transport/session.h"

namespace frontend {
namespace {

constexpr std::uint64_t request_id = 1;  // there is only one
constexpr sys::Duration flush_interval = std::chrono::milliseconds(10);

}  // namespace

JobClient::~JobClient() = default;

sys::Result<std::unique_ptr<JobClient>> JobClient::connect(const std::string& path) {
  std::unique_ptr<JobClient> client(new JobClient);
  JobClient* const self = client.get();
  auto loop = sys::make_epoll_loop(client->clock_, [self](std::string_view what) {
    self->over_ = sys::Error{ENOMEM, std::string(what)};
    self->loop_->stop();
  });
  if (!loop) return tl::unexpected(loop.error());
  client->loop_ = std::move(*loop);
  auto stream = client->sockets_.connect_unix(path);
  if (!stream) return tl::unexpected(stream.error());
  client->fd_ = (*stream)->fd();
  transport::ConnectionHandler& handler = *client;
  client->connection_ =
      std::make_unique<transport::Connection>(*client->loop_, std::move(*stream), transport::make_clear_channel(),
                                              transport::ConnectionLimits{.body = transport::max_body}, handler);
  if (auto started = client->connection_->start(false); !started) return tl::unexpected(started.error());
  return client;
}

// What does not fit the protocol would end the connection.
sys::Status JobClient::send(const transport::Message& message) {
  if (over_) return tl::unexpected(*over_);
  transport::Bytes frame;
  if (auto fits = transport::append_frame(message, request_id, frame); !fits) return fits;
  connection_->send(message, request_id);
  turn(sys::Duration::zero());
  // Who polls for what comes does not see that something has yet to go.
  while (!over_ && connection_->pending_output() > 0)
    turn(flush_interval);
  return {};
}

sys::Result<std::optional<transport::Message>> JobClient::next(std::optional<sys::Duration> patience) {
  if (waiting_.empty() && !over_) {
    connection_->resume();
    turn(patience);
  }
  if (waiting_.empty()) {
    if (over_) return tl::unexpected(*over_);
    return std::nullopt;
  }
  transport::Message message = std::move(waiting_.front());
  waiting_.pop_front();
  if (const auto* failure = std::get_if<transport::Failure>(&message)) {
    return sys::failure(EPROTO, failure->reason);
  }
  return std::optional(std::move(message));
}

// Until something has come, the connection is over, or the time is.
void JobClient::turn(std::optional<sys::Duration> patience) {
  sys::Timer limit(*loop_);
  if (patience) limit.set(*patience, [this] { loop_->stop(); });
  loop_->run();
}

void JobClient::on_message(std::uint64_t, transport::Message message) {
  const auto legal = transport::check_legal(transport::number_of(message), transport::Side::front_end,
                                            transport::ConnectionKind::command, transport::SessionState::joined);
  if (!legal) return connection_->close(legal.error().what);
  waiting_.push_back(std::move(message));
  if (waiting_.size() >= most_waiting) connection_->pause();
  loop_->stop();
}

void JobClient::on_closed(const sys::Error& reason) {
  over_ = sys::Error{reason.code != 0 ? reason.code : EPROTO, reason.text()};
  loop_->stop();
}

}  // namespace frontend
