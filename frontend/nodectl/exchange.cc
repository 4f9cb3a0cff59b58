#include "frontend/nodectl/exchange.h"

#include <cstdio>
#include <utility>

#include "frontend/nodectl/exit_status.h"
#include "sys/text.h"
#include "transport/codec.h"
#include "transport/session.h"

namespace frontend {

using transport::Message;

void complain(std::string_view text) {
  const std::string line = sys::cat("nodectl: ", text, "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int Exchange::run(const Message& request, Handler handler) {
  handler_ = std::move(handler);
  auto stream = context_.sockets.connect_unix(context_.socket);
  if (!stream) {
    complain(sys::cat("cannot reach nodemaster: ", stream.error().text(), "; is it running?"));
    return exit_failure;
  }
  connection_ =
      std::make_unique<transport::Connection>(context_.loop, std::move(*stream), transport::make_clear_channel(),
                                              transport::ConnectionLimits{.body = transport::max_body}, *this);
  connection_->send(request, 1);
  if (auto started = connection_->start(false); !started) {
    complain(started.error().text());
    return exit_failure;
  }
  context_.loop.run();
  return status_;
}

void Exchange::send(const Message& message) { connection_->send(message, 1); }

void Exchange::finish(int status) {
  if (std::exchange(finished_, true)) return;
  status_ = status;
  context_.loop.stop();
}

void Exchange::on_message(std::uint64_t, Message message) {
  if (finished_) return;
  const auto legal = transport::check_legal(transport::number_of(message), transport::Side::front_end,
                                            transport::ConnectionKind::command, transport::SessionState::joined);
  if (!legal) {
    complain(legal.error().text());
    return finish(exit_failure);
  }
  if (const auto* failure = std::get_if<transport::Failure>(&message)) {
    complain(sys::printable(failure->reason, 4096));
    return finish(failure->usage ? exit_usage : exit_failure);
  }
  if (!std::holds_alternative<transport::Done>(message)) return handler_(message);
  if (on_done_) return on_done_();
  finish(done_status_);
}

void Exchange::on_closed(const sys::Error& reason) {
  if (finished_) return;
  complain(sys::cat("nodemaster is gone: ", reason.text()));
  finish(exit_failure);
}

}  // namespace frontend
