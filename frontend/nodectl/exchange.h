// One request to nodemaster and what comes back, from connecting to the exit status.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sys/loop.h"
#include "sys/stream.h"
#include "transport/connection.h"
#include "transport/messages.h"

namespace frontend {

// What every verb is handed.
struct Context {
  sys::Loop& loop;
  sys::Sockets& sockets;
  std::string socket;  // path of nodemaster's control socket
  bool json = false;
};

class Exchange final : public transport::ConnectionHandler {
 public:
  using Handler = std::function<void(transport::Message&)>;

  explicit Exchange(Context& context) : context_(context) {}

  // Sends `request`, gives every answer but Done and Failure to `handler`, and turns the loop until finish(). Done
  // finishes with `done_status()`, which is 0 unless set_done_status() says otherwise; Failure is said on stderr. Returns
  // the exit status.
  int run(const transport::Message& request, Handler handler);
  void send(const transport::Message& message);
  void finish(int status);
  void set_done_status(int status) { done_status_ = status; }
  // What happens at Done in place of finishing: for a verb that still has output to deliver.
  void on_done(std::function<void()> handler) { on_done_ = std::move(handler); }
  void pause() { connection_->pause(); }
  void resume() { connection_->resume(); }

 private:
  void on_message(std::uint64_t request, transport::Message message) override;
  void on_closed(const sys::Error& reason) override;

  Context& context_;
  Handler handler_;
  std::function<void()> on_done_;
  std::unique_ptr<transport::Connection> connection_;
  int done_status_ = 0;
  int status_ = 1;
  bool finished_ = false;
};

// "nodectl: TEXT" on stderr.
void complain(std::string_view text);

}  // namespace frontend
