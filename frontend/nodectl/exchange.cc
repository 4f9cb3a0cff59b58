#include "frontend/nodectl/exchange.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include "frontend/nodectl/exit_status.h"
#include "sys/text.h"
#include "transport/codec.h"
#include "transport/frame.h"
#include "transport/session.h"

namespace frontend {
namespace {

using transport::Message;

constexpr std::uint64_t request_id = 1;  // there is only one

std::string_view advice(int code) {
  switch (code) {
    case ENOENT:
    case ECONNREFUSED:
      return "; is it running?";
    case EACCES:
      return "; ask its administrator for permission on the socket";
    default:
      return "";
  }
}

}  // namespace

void complain(Context& context, std::string_view text) {
  context.error.write(sys::cat("nodectl: ", sys::printable(text, 4096), "\n"));
}

Exchange::Exchange(Context& context, Flow flow) : context_(context), flow_(flow) {
  context_.output.notify([this] { on_delivered(); }, [this](const sys::Error& reason) { on_broken(reason); });
  context_.error.notify([this] { on_delivered(); }, [this](const sys::Error&) { on_delivered(); });
}

Exchange::~Exchange() {
  context_.output.notify([] {}, [](const sys::Error&) {});
  context_.error.notify([] {}, [](const sys::Error&) {});
}

int Exchange::run(const Message& request, Handler handler, std::function<void()> on_done) {
  handler_ = std::move(handler);
  on_done_ = std::move(on_done);
  transport::Bytes frame;
  if (const auto fits = transport::append_frame(request, request_id, frame); !fits) {
    complain(context_, sys::cat("cannot ask for this: ", fits.error().text()));
    return exit_usage;
  }
  if (const auto connected = reconnect(request); !connected) {
    complain(context_, sys::cat("cannot reach nodemaster: ", connected.error().text(), advice(connected.error().code)));
    return exit_failure;
  }
  context_.loop.run();
  return status_;
}

sys::Status Exchange::reconnect(const Message& request) {
  auto stream = context_.sockets.connect_unix(context_.socket);
  if (!stream) return tl::unexpected(stream.error());
  connection_ =
      std::make_unique<transport::Connection>(context_.loop, std::move(*stream), transport::make_clear_channel(),
                                              transport::ConnectionLimits{.body = transport::max_body}, *this);
  if (auto started = connection_->start(false); !started) return started;
  connection_->send(request, request_id);
  unheard_ = std::exchange(connected_before_, true);
  return {};
}

void Exchange::send(const Message& message) { connection_->send(message, request_id); }

void Exchange::finish(int status) {
  if (std::exchange(finished_, true)) return;
  status_ = status;
  connection_->pause();
  on_delivered();
}

void Exchange::give_up(int status) {
  finished_ = true;
  status_ = status;
  context_.output.abandon();
  context_.error.abandon();
  context_.loop.stop();
}

// A reader that is gone, as in `nodectl log all | head`, ends us as it would end a program that does not catch SIGPIPE.
void Exchange::on_broken(const sys::Error& reason) {
  if (reason.code == EPIPE) return give_up(exit_signal_base + SIGPIPE);
  complain(context_, sys::cat("standard output: ", reason.text()));
  status_ = exit_failure;
  if (finished_) return on_delivered();
  finish(exit_failure);
}

void Exchange::on_delivered() {
  if (finished_ && context_.output.empty() && context_.error.empty()) return context_.loop.stop();
  if (finished_ || !connection_) return;
  if (on_taken_) on_taken_();
  if (!full()) connection_->resume();
}

void Exchange::on_message(std::uint64_t request, Message message) {
  if (finished_) return;
  const auto legal = transport::check_legal(transport::number_of(message), transport::Side::front_end,
                                            transport::ConnectionKind::command, transport::SessionState::joined);
  if (!legal) {
    complain(context_, sys::cat("nodemaster: ", legal.error().text()));
    return finish(exit_failure);
  }
  const bool unheard = std::exchange(unheard_, false);
  if (const auto* failure = std::get_if<transport::Failure>(&message)) {
    if (unheard && request == 0 && on_lost_) return on_lost_({0, failure->reason});
    complain(context_, failure->reason);
    return finish(failure->usage ? exit_usage : exit_failure);
  }
  if (std::holds_alternative<transport::Done>(message)) return on_done_();
  handler_(message);
  if (!finished_ && full()) connection_->pause();
}

void Exchange::on_closed(const sys::Error& reason) {
  if (finished_) return;
  if (on_lost_) return on_lost_(reason);
  complain(context_, sys::cat("lost nodemaster: ", reason.text()));
  finish(exit_failure);
}

}  // namespace frontend
